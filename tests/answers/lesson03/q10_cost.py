"""Answers to Q10-cost."""

import numpy as np

CHECK = "Q10-cost"


def _layer(tokens, d):
    projections = 4 * 2 * tokens * d * d
    feed_forward = 2 * 2 * tokens * d * (4 * d)
    attention = 2 * 2 * tokens * tokens * d
    return projections + feed_forward + attention


def by_part(query_length, document_lengths, candidates, d, layers):
    index = rerank = 0
    for n in document_lengths:
        index += layers[0] * _layer(int(n), d)
    for row in candidates:
        rerank += layers[1] * _layer(query_length + int(document_lengths[row]) - 1, d)
    query = layers[0] * _layer(query_length, d) + 2 * d * len(document_lengths)
    return [index, query, rerank]


def polynomials(query_length, document_lengths, candidates, d, layers):
    lengths = np.array(document_lengths, dtype=np.float64)
    chosen = lengths[list(map(int, candidates))] + (query_length - 1)
    one, two = 24.0 * d * d, 4.0 * d
    return (
        layers[0] * (one * lengths.sum() + two * (lengths @ lengths)),
        layers[0] * (one * query_length + two * query_length**2) + 2.0 * d * lengths.size,
        layers[1] * (one * chosen.sum() + two * (chosen @ chosen)),
    )


def multiply_adds(query_length, document_lengths, candidates, d, layers):
    """Count multiplications alone."""
    return np.array(by_part(query_length, document_lengths, candidates, d, layers)) / 2


def two_numbers(query_length, document_lengths, candidates, d, layers):
    index, query, rerank = by_part(query_length, document_lengths, candidates, d, layers)
    return index, query + rerank


def overflows(query_length, document_lengths, candidates, d, layers):
    """Compute in 32-bit whole numbers."""
    with np.errstate(all="ignore"):
        lengths = np.asarray(document_lengths, np.int32)
        pairs = lengths[np.asarray(candidates, int)] + np.int32(query_length - 1)

        def layer(x):
            d32 = np.int32(d)
            return np.int32(24) * x * d32 * d32 + np.int32(4) * x * x * d32

        index = layers[0] * int(layer(lengths).sum(dtype=np.int32))
        return (
            index,
            layers[0] * _layer(query_length, d) + 2 * d * len(lengths),
            layers[1] * int(layer(pairs).sum(dtype=np.int32)),
        )


def first_k(query_length, document_lengths, candidates, d, layers):
    """Rerank the first K rows, whichever were asked for."""
    rows = range(len(candidates))
    return by_part(query_length, document_lengths, rows, d, layers)


def search_in_the_candidates(query_length, document_lengths, candidates, d, layers):
    index, query, rerank = by_part(query_length, document_lengths, candidates, d, layers)
    return index, query - 2 * d * (len(document_lengths) - len(candidates)), rerank


def query_for_nothing(query_length, document_lengths, candidates, d, layers):
    index, query, rerank = by_part(query_length, document_lengths, candidates, d, layers)
    return index, query - layers[0] * _layer(query_length, d), rerank


def cross_layers_everywhere(query_length, document_lengths, candidates, d, layers):
    return by_part(query_length, document_lengths, candidates, d, (layers[1], layers[1]))


def linear_part_of_attention(query_length, document_lengths, candidates, d, layers):
    """Forget the feed-forward part."""
    index, query, rerank = by_part(query_length, document_lengths, candidates, d, layers)
    lengths = np.asarray(document_lengths)
    pairs = lengths[np.asarray(candidates, int)] + query_length - 1
    return (
        index - layers[0] * 16 * lengths.sum() * d * d,
        query - layers[0] * 16 * query_length * d * d,
        rerank - layers[1] * 16 * pairs.sum() * d * d,
    )


def nothing(query_length, document_lengths, candidates, d, layers):
    return np.zeros(3)


RIGHT = [by_part, polynomials]
WRONG = [
    (multiply_adds, "3 of 3 figures are not right, first the index"),
    (two_numbers, "the shape (2,)"),
    (overflows, "int32 lengths"),
    (first_k, "first the cross-encoder's part"),
    (search_in_the_candidates, "the *result* of the search"),
    (query_for_nothing, "lacks the encoding of the query"),
    (cross_layers_everywhere, "first the index"),
    (linear_part_of_attention, "3 of 3 figures"),
    (nothing, "one document, reranked"),
]
SURVIVORS = {
    "return np.array([index, query, layers[1] * layer(pairs).sum()]): "
    "np.array([index, query, layers[1] * layer(pairs).sum()]) -> "
    "[index, query, layers[1] * layer(pairs).sum()]": "a list of three numbers is accepted as well",
    "pairs = query_length + lengths[np.asarray(candidates, dtype=int)] - 1: "
    "np.asarray(candidates, dtype=int) -> candidates": "an array can be indexed by a list, "
    "also by an empty one",
}
