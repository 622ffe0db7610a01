"""Answers to X-topk."""

import heapq

import numpy as np
import torch

CHECK = "X-topk"


def with_heaps(queries, blocks, k):
    queries = [np.asarray(query, dtype=float) for query in queries]
    heaps, n = [[] for _ in queries], 0
    for block in blocks:
        for vector in np.asarray(block, dtype=float):
            for query, heap in zip(queries, heaps, strict=True):
                entry = float((query * vector).sum()), -n
                (heapq.heappush if len(heap) < k else heapq.heappushpop)(heap, entry)
            n += 1
    best = [sorted(heap, reverse=True) for heap in heaps]
    shape = len(queries), min(k, n)
    return (
        np.array([[-row for _, row in heap] for heap in best], dtype=int).reshape(shape),
        np.array([[score for score, _ in heap] for heap in best]).reshape(shape),
    )


def cut_each_block_first(queries, blocks, k):
    queries, n, kept = np.asarray(queries, dtype=float), 0, None
    for block in blocks:
        block = np.asarray(block, dtype=float).reshape(-1, queries.shape[1])
        scores = np.einsum("qd,nd->qn", queries, block)
        rows = np.tile(np.arange(n, n + len(block)), (len(queries), 1))
        n += len(block)
        both = scores, rows
        for _ in range(2):  # the block alone, then with the best so far
            order = np.lexsort((both[1], -both[0]), axis=1)[:, :k]
            both = tuple(np.take_along_axis(part, order, 1) for part in both)
            if kept is not None:
                both = tuple(np.hstack(pair) for pair in zip(both, kept, strict=True))
                order = np.lexsort((both[1], -both[0]), axis=1)[:, :k]
                both = tuple(np.take_along_axis(part, order, 1) for part in both)
                kept = None
        kept = both
    return kept[1], kept[0]


def in_torch(queries, blocks, k):
    queries = torch.tensor(np.asarray(queries, dtype=float))
    rows = torch.zeros((len(queries), 0), dtype=torch.int64)
    scores = torch.zeros((len(queries), 0), dtype=torch.float64)
    n = 0
    for block in blocks:
        block = torch.tensor(np.asarray(block, dtype=float))
        scores = torch.cat([scores, queries @ block.T], dim=1)
        numbers = torch.arange(n, n + len(block))
        rows = torch.cat([rows, numbers.expand(len(queries), -1)], dim=1)
        scores, order = torch.sort(scores, dim=1, descending=True, stable=True)
        scores, rows = scores[:, :k], torch.gather(rows, 1, order)[:, :k]
        n += len(block)
    return rows, scores


def minus_infinity_at_first(queries, blocks, k):
    queries = np.asarray(queries, dtype=float)
    scores, rows, n = np.full((len(queries), k), -np.inf), np.full((len(queries), k), -1), 0
    for block in blocks:
        new = np.inner(queries, np.asarray(block, dtype=float))
        scores = np.concatenate([scores, new], axis=1)
        numbers = np.arange(n, n + len(block))
        rows = np.concatenate([rows, np.tile(numbers, (len(queries), 1))], axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        scores = np.take_along_axis(scores, order, 1)
        rows = np.take_along_axis(rows, order, 1)
        n += len(block)
    return rows[:, :n], scores[:, :n]


def whole_matrix(queries, blocks, k):
    stored = np.vstack([np.asarray(block, dtype=float) for block in blocks])
    scores = np.asarray(queries, dtype=float) @ stored.T
    rows = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return rows, np.take_along_axis(scores, rows, 1)


def all_scores_in_lists(queries, blocks, k):
    queries = np.asarray(queries, dtype=float)
    kept = [queries @ np.asarray(block, dtype=float).T for block in blocks]
    scores = np.hstack(kept)
    rows = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return rows, np.take_along_axis(scores, rows, 1)


def by_partition(queries, blocks, k):
    queries = np.asarray(queries, dtype=float)
    rows, scores, n = np.empty((len(queries), 0), int), np.empty((len(queries), 0)), 0
    for block in blocks:
        new = queries @ np.asarray(block, dtype=float).T
        scores = np.hstack([scores, new])
        rows = np.hstack([rows, np.broadcast_to(np.arange(n, n + len(block)), new.shape)])
        if scores.shape[1] > k:
            order = np.argpartition(-scores, k - 1, axis=1)[:, :k]
            scores, rows = (np.take_along_axis(a, order, 1) for a in (scores, rows))
        n += len(block)
    order = np.argsort(-scores, axis=1)
    return tuple(np.take_along_axis(a, order, 1) for a in (rows, scores))


def only_rows(queries, blocks, k):
    return with_heaps(queries, blocks, k)[0]


def first_query_only(queries, blocks, k):
    rows, scores = with_heaps(list(queries)[:1], blocks, k)
    return rows, scores


def absolute(queries, blocks, k):
    return minus_infinity_at_first(np.abs(np.asarray(queries, dtype=float)), blocks, k)


def from_the_end(queries, blocks, k):
    return minus_infinity_at_first(queries, list(blocks)[::-1], k)


def rows_as_fractions(queries, blocks, k):
    rows, scores = minus_infinity_at_first(queries, blocks, k)
    return rows.astype(float), scores


def reversed_order(queries, blocks, k):
    rows, scores, n = [[] for _ in queries], [[] for _ in queries], 0
    for block in blocks:
        for q, query in enumerate(np.asarray(queries, dtype=float)):
            new = np.asarray(block, dtype=float).reshape(-1, len(query)) @ query
            both = np.concatenate([scores[q], new])
            names = np.concatenate([rows[q], np.arange(n, n + len(block))]).astype(int)
            order = np.argsort(both, kind="stable")[::-1][:k]
            rows[q], scores[q] = names[order], both[order]
        n += len(block)
    return np.array(rows), np.array(scores)


def counted_first(queries, blocks, k):
    width = min(k, sum(len(block) for block in blocks))
    rows, scores = minus_infinity_at_first(queries, blocks, k)
    return rows[:, :width], scores[:, :width]


def in_32_bits_at_the_end(queries, blocks, k):
    rows, scores = minus_infinity_at_first(queries, blocks, k)
    return rows, scores.astype(np.float32)


def multiplied_in_32_bits(queries, blocks, k):
    queries = np.float32(queries)
    blocks = [np.float32(block) for block in blocks] if isinstance(blocks, list) else blocks
    rows, scores, n = np.empty((len(queries), 0), int), np.empty((len(queries), 0)), 0
    for block in blocks:
        new = np.einsum("qd,nd->qn", queries, np.float32(block))
        scores = np.hstack([scores, new])
        rows = np.hstack([rows, np.broadcast_to(np.arange(n, n + len(block)), new.shape)])
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        scores, rows = (np.take_along_axis(a, order, 1) for a in (scores, rows))
        n += len(block)
    return rows, scores


def complex_scores(queries, blocks, k):
    rows, scores = minus_infinity_at_first(queries, blocks, k)
    return rows, scores.astype(complex)


RIGHT = [with_heaps, cut_each_block_first, in_torch, minus_infinity_at_first]
WRONG = [
    (whole_matrix, "You keep every block, or its scores"),
    (all_scores_in_lists, "You keep every block, or its scores"),
    (by_partition, "equal scores do not stand by row"),
    (reversed_order, "equal scores do not stand by row"),
    (counted_first, "You go through the blocks twice"),
    (in_32_bits_at_the_end, "in 32 bits or less"),
    (multiplied_in_32_bits, "agree to six or seven digits only"),
    (complex_scores, "not complex"),
    (only_rows, "return two arrays"),
    (first_query_only, "should come back"),
    (absolute, "not right"),
    (lambda queries, blocks, k: (0, 0), "should come back"),
    (lambda queries, blocks, k: None, "return two arrays"),
    (from_the_end, "not right"),
    (rows_as_fractions, "which are whole"),
]
SURVIVORS = {
    "new = queries @ np.asarray(block, dtype=float).T: np.asarray(block, dtype=float) -> "
    "np.asarray(block)": "the queries are in 64 bits, and so are the products",
    "queries = np.asarray(queries, dtype=float): np.asarray(queries, dtype=float) -> "
    "np.asarray(queries)": "the blocks are in 64 bits, and so are the products",
    "queries = np.asarray(queries, dtype=float): np.asarray(queries, dtype=float) -> queries": (
        "the blocks are in 64 bits, and a list can be multiplied with an array"
    ),
    "order = np.argsort(-scores, axis=1, kind='stable')[:, :k]: np.argsort(-scores, axis=1, "
    "kind='stable') -> np.argsort(-scores, kind='stable')": "the last axis is the default",
    "scores, rows = (np.take_along_axis(kept, order, axis=1) for kept in (s: "
    "np.take_along_axis(kept, order, axis=1) -> np.take_along_axis(kept, order)": (
        "the last axis is the default"
    ),
}
