"""Check of lesson 03, part 6: what a search that reranks costs (Q10)."""

import math

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["COST"]

_PARTS = ("the index", "the bi-encoder's part of a query", "the cross-encoder's part of a query")


def _flops(
    query_length, document_lengths, candidates, d, layers, *, shared=1, apart=False, mean=False,
    everything=False, online=False, square=4, linear=24, dot=2, swap=False, by=("each", "each"),
    without_query=False, first=True, searched=None, asked=True,
):  # fmt: skip
    """Add up what the task says, text by text; the keywords are the ways to get it wrong."""

    def encoder(length, n_layers):
        return n_layers * (linear * length * d**2 + square * length**2 * d)

    bi, cross = layers[::-1] if swap else layers
    lengths = [int(n) for n in document_lengths]
    bi, cross = (1 if one == "once" else n for n, one in zip((bi, cross), by, strict=True))
    offline = sum(encoder(n, bi) for n in lengths)
    compared = len(lengths) if searched is None else len(candidates)
    query = (encoder(query_length, bi) if asked else 0) + (dot * d * compared if first else 0)
    chosen = lengths if everything else [lengths[int(row)] for row in candidates]
    if mean and chosen:
        chosen = [math.fsum(chosen) / len(chosen)] * len(chosen)
    if apart:
        rerank = sum(encoder(query_length, cross) + encoder(n, cross) for n in chosen)
    elif without_query:
        rerank = sum(encoder(n, cross) for n in chosen)
    else:
        rerank = sum(encoder(query_length + n - shared, cross) for n in chosen)
    return np.array([offline, query + (offline if online else 0), rerank], dtype=float)


def _named(got, expected):
    problem = close(rtol=1e-9, atol=1e-6)(got, expected)
    numbers = as_numbers(got)
    if problem is None or numbers is None or numbers.shape != expected.shape:
        return problem
    wrong = np.flatnonzero(~np.isclose(numbers.astype(float), expected, rtol=1e-9, atol=1e-6))
    place = wrong[0]
    return (
        f"{len(wrong)} of 3 figures are not right, first {_PARTS[place]}: "
        f"{numbers[place]:,.12g}, not {expected[place]:,.12g}"
    )


def _cost_cases(rng, hard):
    def random(n, k):
        lengths = rng.integers(3, 400, size=n)
        rows = rng.permutation(n)[:k]
        layers = tuple(int(i) for i in rng.permutation(np.arange(2, 30))[:2])
        return int(rng.integers(3, 40)), lengths, rows, int(rng.integers(2, 900)), layers

    cases = [
        Case("one document, reranked", (3, np.array([3]), np.array([0]), 1, (1, 2))),
        Case("two documents, the long one reranked", (4, np.array([3, 60]), [1], 2, (1, 2))),
        Case("nothing reranked", (5, np.array([4, 6, 8]), [], 3, (2, 3))),
        Case("candidates of very different length", (9, np.array([8, 500, 20]), [1, 0], 4, (3, 5))),
        Case("lengths in a list", (11, [80, 90, 75], [2, 0], 384, (6, 12))),
        Case("int32 lengths", (12, np.full(9, 512, np.int32), np.arange(3), 768, (12, 24))),
        Case("random", random(12, 5)),
    ]  # fmt: skip
    if hard:
        cases += [
            Case("a large collection", random(400, 50)),
            Case("all reranked", random(7, 7)),
            Case("a wide model", (12, np.array([80, 512]), np.array([1, 0]), 1024, (24, 24))),
            Case("more int32 lengths", (9, np.full(900, 480, np.int32), [7, 2], 1024, (6, 12))),
        ]
    return cases


def _cost_mistake(**changed):
    return lambda *args: _flops(*args, **changed)


def _in_their_type(query_length, document_lengths, candidates, d, layers):
    """Compute in whatever type the lengths have."""
    lengths = np.asarray(document_lengths)
    pairs = query_length + lengths[np.asarray(candidates, dtype=int)] - 1

    def layer(length):
        return 24 * length * d**2 + 4 * length**2 * d

    return np.array(
        [
            layers[0] * layer(lengths).sum(),
            layers[0] * layer(query_length) + 2 * d * len(lengths),
            layers[1] * layer(pairs).sum(),
        ]
    )


COST = Check(
    id="Q10-cost",
    title="What a query costs",
    level=2,
    minutes=15,
    points=3,
    function="search_flops",
    make_cases=_cost_cases,
    oracle=_flops,
    compare=_named,
    misconceptions=(
        Misconception(
            "both [CLS] counted",
            _cost_mistake(shared=0),
            "You add the two lengths, each with a [CLS] and a [SEP] of its own. The pair is read "
            "as [CLS] query [SEP] document [SEP]: one [CLS] less.",
        ),
        Misconception(
            "specials counted wrongly",
            _cost_mistake(shared=2),
            "You take off two tokens. The pair [CLS] query [SEP] document [SEP] keeps both [SEP] "
            "and only loses the second [CLS]: query + document - 1.",
        ),
        Misconception(
            "query and document encoded apart",
            _cost_mistake(apart=True),
            "You send query and candidate through the model one after the other: that is a "
            "bi-encoder. A cross-encoder reads them as one sequence, whose square has the "
            "cross terms.",
        ),
        Misconception(
            "the query left out of the pair",
            _cost_mistake(without_query=True),
            "Your pairs are as long as the document alone. The cross-encoder reads the query again "
            "with each candidate: query + document - 1 tokens.",
        ),
        Misconception(
            "the mean length",
            _cost_mistake(mean=True),
            "You use the candidates' mean length. Attention grows with the square of the length, "
            "and the mean of squares is more than the square of the mean: add up candidate by "
            "candidate.",
        ),
        Misconception(
            "every document reranked",
            _cost_mistake(everything=True),
            "You let the cross-encoder read all documents; it reads only those in `candidates`.",
        ),
        Misconception(
            "documents encoded for each query",
            _cost_mistake(online=True),
            "You encode the documents again for every query. That is the bi-encoder's point: they "
            "are encoded once, offline; a query costs its own encoding and one dot product a "
            "document.",
        ),
        Misconception(
            "computed in 32 bits",
            _in_their_type,
            "The lengths may be 32-bit whole numbers, and the products are larger than these can "
            "hold, so the figures wrap round (even below 0). Take "
            "`np.asarray(document_lengths, dtype=float)` or Python's int.",
        ),
        Misconception(
            "dot products with the candidates alone",
            _cost_mistake(searched="candidates"),
            "You take dot products with the candidates only. They are the *result* of the search, "
            "which compares the query with every document.",
        ),
        Misconception(
            "the query not encoded",
            _cost_mistake(asked=False),
            "The bi-encoder's part of a query lacks the encoding of the query itself: all layers "
            "of the bi-encoder, for `query_length` tokens.",
        ),
        Misconception(
            "dot products forgotten",
            _cost_mistake(first=False),
            "The bi-encoder's part of a query lacks the search: one dot product with each of the "
            "documents, 2d FLOPs each.",
        ),
        Misconception(
            "a dot product of d operations",
            _cost_mistake(dot=1),
            "A dot product of width d takes d multiplications and d additions: 2d FLOPs.",
        ),
        Misconception(
            "no quadratic part",
            _cost_mistake(square=0),
            "You leave out attention's own products, 4 L^2 d a layer.",
        ),
        Misconception(
            "layers swapped",
            _cost_mistake(swap=True),
            "You take the layers the wrong way round: the bi-encoder's come first in `layers`.",
        ),
        Misconception(
            "one layer",
            _cost_mistake(by=("once", "once")),
            "The formula is for one layer: multiply by the layers of the model that reads.",
        ),
    ),
)
