"""Right and wrong answers to Q01-ranks."""

import numpy as np

CHECK = "Q01-ranks"


def by_sorting(queries, words, targets):
    """Sort, then look for the target."""
    from sklearn.metrics.pairwise import cosine_similarity

    order = np.argsort(-cosine_similarity(queries, words), axis=1, kind="stable")
    return [
        int(np.flatnonzero(row == target)[0]) + 1
        for row, target in zip(order, targets, strict=True)
    ]


def with_loops(queries, words, targets):
    """Compare one by one, without a square root in the query."""
    ranks = []
    for query, target in zip(queries, targets, strict=True):
        scores = []
        for word in words:
            length = float(np.dot(word, word)) ** 0.5
            scores.append(float(np.dot(query, word)) / length if length else 0.0)
        ranks.append(1 + sum(score > scores[target] for score in scores))
    return ranks


def with_argsort_twice(queries, words, targets):
    """The inverse of a permutation gives ranks."""
    lengths = np.sqrt(np.einsum("vd,vd->v", words, words, dtype=float))
    scores = np.einsum("nd,vd->nv", queries, words) / np.maximum(lengths, 1e-30)
    places = np.argsort(np.argsort(-scores, axis=1), axis=1)
    return places[np.arange(len(places)), np.asarray(targets)] + 1.0


def with_torch(queries, words, targets):
    """Normalise with torch, which leaves zero rows alone."""
    import torch

    unit = torch.nn.functional.normalize(torch.tensor(np.ascontiguousarray(words)), dim=1)
    scores = torch.tensor(np.ascontiguousarray(queries)) @ unit.T
    own = scores.gather(1, torch.tensor(np.asarray(targets))[:, None])
    return (scores > own).sum(dim=1) + 1


def queries_scaled_only(queries, words, targets):
    """Normalise the queries, which changes nothing, and not the words."""
    queries = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    return with_loops_of(queries @ np.asarray(words).T, targets)


def with_loops_of(scores, targets):
    """Rank rows of scores."""
    return [1 + int((row > row[t]).sum()) for row, t in zip(scores, targets, strict=True)]


def target_left_out(queries, words, targets):
    """Take the nearest word's cosine instead of the target's."""
    return [1] * len(queries)


def words_divided_twice(queries, words, targets):
    """Divide by the squared norms."""
    squares = (np.asarray(words) ** 2).sum(axis=1)
    return with_loops_of(queries @ (words / np.where(squares > 0, squares, 1)[:, None]).T, targets)


def nearest_words(queries, words, targets):
    """Return which word is nearest, not the rank of the target."""
    return [int(np.argmax(row)) for row in _cosines(queries, words)]


def absolute(queries, words, targets):
    """Take the size of the cosine without its sign."""
    return with_loops_of(np.abs(_cosines(queries, words)), targets)


def _cosines(queries, words):
    norms = np.linalg.norm(words, axis=1, keepdims=True)
    return queries @ (words / np.where(norms > 0, norms, 1)).T


def nan_sorted_last(queries, words, targets):
    """Put words without a direction behind all others."""
    norms = np.linalg.norm(words, axis=1)
    scores = np.where(norms > 0, _cosines(queries, words), -np.inf)
    order = np.argsort(-scores, axis=1, kind="stable")
    return [row.tolist().index(t) + 1 for row, t in zip(order, targets, strict=True)]


def nan_compared(queries, words, targets):
    """Divide 0 by 0 and compare."""
    with np.errstate(invalid="ignore"):
        return with_loops_of(queries @ (words.T / np.linalg.norm(words, axis=1)), targets)


def norms_padded(queries, words, targets):
    """Add a small number to the norms against division by zero."""
    norms = np.linalg.norm(words, axis=1) + 1e-3
    return with_loops_of(queries @ (words / norms[:, None]).T, targets)


def reciprocal(queries, words, targets):
    """Return 1/rank."""
    return 1 / np.array(with_loops(queries, words, targets))


RIGHT = [by_sorting, with_loops, with_argsort_twice, with_torch]
WRONG = [
    (nan_sorted_last, "comes last"),
    (nan_compared, "every comparison with NaN is False"),
    (norms_padded, "short word vectors"),
    (queries_scaled_only, "You rank by dot product"),
    (target_left_out, "not right"),
    (words_divided_twice, "not right"),
    (nearest_words, "not right"),
    (absolute, "not right"),
    (reciprocal, "not right"),
]
SURVIVORS = {
    "unit = words / np.where(norms > 0, norms, 1): 1 -> 2": "a zero vector halved is zero too",
}
