"""Check of lesson 06, part B: the best k of vectors that come block by block."""

import numpy as np

from helpers.checks.comparing import as_numbers, close, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case
from helpers.checks.serial import Opaque
from helpers.checks.similarity_b_stream import Stream

__all__ = ["X_TOPK"]


def _sorted_by_hand(queries, blocks, k):
    """All scores in one list a query, sorted by score and then by row."""
    if isinstance(blocks, Stream):
        blocks = blocks.rows()
    stored = [vector for block in blocks for vector in np.asarray(block, dtype=float)]
    rows, scores = [], []
    for query in np.asarray(queries, dtype=float):
        pairs = sorted((-float(np.dot(query, vector)), row) for row, vector in enumerate(stored))
        rows.append([row for _, row in pairs[:k]])
        scores.append([-minus for minus, _ in pairs[:k]])
    width = min(k, len(stored))
    n_queries = len(rows)
    return np.array(rows, dtype=int).reshape(n_queries, width), np.array(
        scores, dtype=float
    ).reshape(n_queries, width)


def _topk_cases(rng, hard):
    def whole(n, d, high=3):
        return rng.integers(-high, high + 1, (n, d)).astype(float)

    def cut(vectors, *sizes):
        return np.split(vectors, np.cumsum(sizes)[:-1])

    far = -np.abs(rng.normal(size=(7, 3))) - 0.5
    spread = np.arange(1.0, 9.0)[rng.permutation(8)][:, None]
    flat = [np.full((40, 2), 1.0), np.full((40, 2), 1.0)]
    lone = np.array([[1.0, 0.5]])
    far_off = rng.normal(size=(6, 4))
    near = far_off[[2]] * (1 + 1e-9)
    lengths = np.geomspace(0.1, 10, 12)[:, None]
    few, longer = rng.normal(size=(2, 3)), rng.normal(size=(12, 4)) * lengths
    seven, five = rng.normal(size=(7, 3)), rng.normal(size=(5, 3))
    close_by = (rng.normal(size=(20, 8)) * 1e-3 + 100).astype(np.float32)
    cases = [
        Case("one query, one block", (lone, [np.array([[1.0, 0], [3, 0], [2, 0]])], 2)),
        Case("the best stands in the second block", (lone, [whole(2, 2, 1), lone * 5], 1)),
        Case("eight scores in two blocks, k = 5", (np.array([[1.0]]), cut(spread, 4, 4), 5)),
        Case("equal scores in one block", (lone, [np.array([[2.0, 0], [1, 2], [2, 0]])], 2)),
        Case("equal scores in two blocks", (lone, [lone * 2, lone * 2], 1)),
        Case("80 equal scores", (lone, flat, 50)),
        Case("small whole numbers, many ties", (whole(3, 2), cut(whole(90, 2), 50, 40), 30)),
        Case("all scores negative", (np.abs(rng.normal(size=(2, 3))) + 0.5, cut(far, 3, 4), 3)),
        Case("blocks smaller than k", (few, cut(seven, 2, 1, 3, 1), 4)),
        Case("fewer vectors than k", (few, cut(five, 3, 2), 9)),
        Case("an empty block", (lone, [whole(3, 2), np.zeros((0, 2)), whole(3, 2)], 4)),
        Case("vectors of many lengths", (rng.normal(size=(3, 4)), cut(longer, 5, 7), 3)),
        Case("lists of whole numbers", ([[1, 2], [0, 1]], [[[3, 1], [1, 1]], [[5, 5]]], 2)),
        Case("scores that differ in the ninth digit", (far_off[[2]], [far_off, near], 2)),
        Case("32-bit numbers", (close_by[:2], cut(close_by, 9, 11), 6)),
        _stream_case(rng, 40, 40, 24),
    ]  # fmt: skip
    if hard:
        cases += [
            Case("k = n", (rng.normal(size=(3, 2)), cut(rng.normal(size=(6, 2)), 1, 5), 6)),
            Case("a tuple of blocks", (whole(2, 3), tuple(cut(whole(60, 3), 20, 20, 20)), 25)),
            _stream_case(rng, 60, 30, 30),
        ]
    return cases


def _stream_case(rng, n_blocks, block, n_queries):
    stream = Stream(n_blocks, block, 16, 3 * n_queries, int(rng.integers(1_000_000)))
    queries = rng.integers(-3, 4, (n_queries, 16)).astype(float)
    show = f"{n_queries} queries; {stream!r}; k = 3"
    return Case(f"{n_blocks} blocks, to be read once", (queries, stream, 3), show=show)


def _read(case, output):
    if isinstance(output, Opaque) and output.kind == "Neighbours":
        raise ValueError("return the plain pair `rows, scores`")
    if not isinstance(output, list | tuple) or len(output) != 2:
        raise ValueError("return two arrays, `rows, scores`")
    rows, scores = map(as_numbers, output)
    if any(part is not None and part.dtype.kind == "c" for part in (rows, scores)):
        raise ValueError("return real numbers, not complex ones")
    if scores is not None and scores.dtype in (np.float16, np.float32):
        raise ValueError("the scores are in 32 bits or less; compute in 64 (dtype float)")
    if rows is not None and rows.dtype.kind == "f" and rows.size:
        raise ValueError(
            "the first array should hold row numbers, which are whole (dtype int); return "
            "`rows, scores`, in this order"
        )
    return tuple(output)


_PARTS = structure(close(rtol=0, atol=0), close(rtol=1e-9, atol=1e-9))
_FEW_DIGITS = (
    "agree to six or seven digits only (the print shows fewer), as in 32 bits. Convert queries and "
    "blocks before you multiply: `np.asarray(block, dtype=float)`"
)


def _compare(got, expected):
    """Compare both parts; say so if only the order of equal scores is wrong."""
    problem = _PARTS(got, expected)
    if problem is None:
        return None
    if close(rtol=1e-9, atol=1e-9)(got[1], expected[1]) is not None:
        nearly = close(rtol=1e-5, atol=1e-5)(got[1], expected[1]) is None
        return "the scores " + _FEW_DIGITS if nearly else problem
    rows, scores = np.asarray(as_numbers(got[0])), expected[1]
    if rows.shape != scores.shape:
        return problem
    level = scores[:, :, None] == scores[:, None]
    tied = level.sum(axis=2) > 1
    tied[:, -1] |= True  # its equals may have been cut off
    if (rows != expected[0])[~tied].any() or not (tied.sum(axis=1) > 1).any():
        return problem
    return (
        "the scores are right, but equal scores do not stand by row. `np.argsort(..., "
        'kind="stable")` keeps their order; `argpartition` and a reversed ascending sort do '
        "not, and a partition may even drop the lower row at the cut"
    )


def _twice(queries, blocks, k):
    """Go through the blocks to count them, and once more to search."""
    n = sum(len(block) for block in blocks)
    rows, scores = _variant()(queries, blocks, k)
    return rows[:, :n], scores[:, :n]


def _variant(
    *, best=True, first_row=True, score="dot", kind=float, carry=True, start=None, tie="low",
    k_step="k", column=False, whole=False, pad=False, cut=True, order=True, swap=False,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def blocked_top_k(queries, blocks, k):
        queries = np.asarray(queries, dtype=kind)
        if whole:
            kept = [queries @ np.asarray(block, dtype=kind).T for block in blocks]
            blocks, scored = [np.hstack(kept)], True
        else:
            scored = False
        n, rows, scores = 0, np.empty((len(queries), 0), int), np.empty((len(queries), 0))
        if start is not None:
            rows, scores = np.zeros((len(queries), k), int), np.full((len(queries), k), start)
        for block in blocks:
            stored = np.asarray(block, dtype=kind)
            new = stored if scored else queries @ stored.T
            if score == "cosine":
                lengths = np.linalg.norm(stored, axis=1) * np.linalg.norm(
                    queries, axis=1, keepdims=True
                )
                new = np.divide(new, lengths, out=np.zeros_like(new), where=lengths > 0)
            elif score == "euclidean":
                new = -np.linalg.norm(queries[:, None] - stored[None], axis=2)
            size = new.shape[1]
            numbers = np.broadcast_to(np.arange(size) + (n if first_row else 0), new.shape)
            if k_step == "fewer":
                keep = np.argsort(-new, axis=1, kind="stable")[:, : max(1, k // 2)]
                new, numbers = (np.take_along_axis(a, keep, 1) for a in (new, numbers))
            parts = ([scores, new], [rows, numbers]) if tie != "late" else (
                [new, scores], [numbers, rows])  # fmt: skip
            if not carry:
                parts = [new], [numbers]
            scores, rows = np.hstack(parts[0]), np.hstack(parts[1])
            if tie == "high":
                by = np.lexsort((-rows, -scores if best else scores), axis=1)
            else:
                by = np.argsort(-scores if best else scores, axis=1, kind="stable")
            if not order:
                by = np.sort(by[:, :k], axis=1)
            by = by[:, :k] if cut else by
            scores, rows = (np.take_along_axis(a, by, 1) for a in (scores, rows))
            n += size
        if pad and scores.shape[1] < k:
            missing = ((0, 0), (0, k - scores.shape[1]))
            scores = np.pad(scores, missing, constant_values=-np.inf)
            rows = np.pad(rows, missing, constant_values=-1)
        return (scores, rows) if swap else (rows, scores)

    return blocked_top_k


X_TOPK = Check(
    id="X-topk",
    title="The best k, block by block",
    level=2,
    minutes=20,
    points=3,
    function="blocked_top_k",
    make_cases=_topk_cases,
    oracle=_sorted_by_hand,
    view=_read,
    compare=_compare,
    misconceptions=(
        Misconception(
            "rows counted anew in each block",
            _variant(first_row=False),
            "Rows are numbered through all blocks. You start at 0 in each block: add the number "
            "of vectors read before.",
        ),
        Misconception(
            "only the last block",
            _variant(carry=False),
            "Each block replaces what came before. Put the best so far and the new scores next "
            "to each other, and choose k from both.",
        ),
        Misconception(
            "the smallest scores",
            _variant(best=False),
            "You return the smallest scores. np.argsort sorts upwards: sort the negative scores.",
        ),
        Misconception(
            "started from zeros",
            _variant(start=0.0),
            "You start with k scores of 0, which beat every negative score. Start with nothing "
            "(arrays of zero columns), or with minus infinity.",
        ),
        Misconception(
            "later rows win ties",
            _variant(tie="high"),
            "Of equal scores you take the higher row. The lower row comes first: sort stably, "
            "with the rows in rising order.",
        ),
        Misconception(
            "later blocks win ties",
            _variant(tie="late"),
            "Within a block equal scores are right, but a later block goes before an earlier "
            "one. Put the best so far on the left of the new scores, and sort stably.",
        ),
        Misconception(
            "too few kept of a block",
            _variant(k_step="fewer"),
            "You keep fewer than k of a block. All k of the best may stand in one block: keep k "
            "of each.",
        ),
        Misconception(
            "unsorted",
            _variant(order=False),
            "The right rows are there, but not by falling score. A partition only separates the "
            "best k from the rest: sort them at the end.",
        ),
        Misconception(
            "cosine",
            _variant(score="cosine"),
            "You divide by the lengths. The score here is the plain inner product: a longer "
            "vector may win.",
        ),
        Misconception(
            "Euclidean distance",
            _variant(score="euclidean"),
            "You rank by distance. The score here is the inner product, and for vectors of "
            "different lengths the order is another.",
        ),
        Misconception(
            "padded",
            _variant(pad=True),
            "With fewer than k vectors you fill up the columns. Return as many columns as there "
            "are vectors.",
        ),
        Misconception(
            "scores first",
            _variant(swap=True),
            "You return `scores, rows`. The rows come first: `return rows, scores`.",
        ),
        Misconception(
            "32-bit scores",
            _variant(kind=np.float32),
            f"You compute in 32 bits: the scores {_FEW_DIGITS}.",
        ),
        Misconception(
            "blocks read twice",
            _twice,
            "You go through the blocks twice. They may come from a pipe: count and search in one "
            "pass, and keep only the best k while they go by.",
        ),
        Misconception(
            "every score kept",
            _variant(whole=True),
            "You keep every block, or its scores, and choose at the end: the scores of all are "
            "the whole n × N_q matrix. Keep only the best k while you read.",
        ),
        Misconception(
            "never cut to k",
            _variant(cut=False),
            "You keep all scores. Cut both arrays to the first k columns, in every block.",
        ),
    ),
)
