"""Answers to Q23-hybrid."""

import numpy as np

CHECK = "Q23-hybrid"


def loops(lexical, dense, tenants, tenant, k, depth):
    mine = [row for row, owner in enumerate(tenants) if owner == tenant]
    total = dict.fromkeys(mine, 0.0)
    for scores, allowed in ((lexical, [r for r in mine if lexical[r] > 0]), (dense, mine)):
        ordered = sorted(allowed, key=lambda row: -scores[row])  # noqa: B023
        for place, row in enumerate(ordered[:depth]):
            total[row] += 1 / (61 + place)
    found = [row for row in mine if total[row] > 0]
    return sorted(found, key=lambda row: -total[row])[:k]


def masked(lexical, dense, tenants, tenant, k, depth):
    own = np.asarray(tenants) == tenant
    fused = np.zeros(len(own))
    for scores, keep in ((lexical, own & (np.asarray(lexical) > 0)), (dense, own)):
        hidden = np.where(keep, np.asarray(scores, float), -np.inf)
        order = np.argsort(-hidden, kind="stable")[: min(depth, keep.sum())]
        fused[order] += 1 / (60 + np.arange(1, len(order) + 1))
    order = np.argsort(-fused, kind="stable")[:k]
    return order[fused[order] > 0]


def words_only(lexical, dense, tenants, tenant, k, depth):
    return [r for r in loops(lexical, dense, tenants, tenant, k, depth) if lexical[r] > 0]


def meaning_only(lexical, dense, tenants, tenant, k, depth):
    return loops(np.zeros(len(dense)), dense, tenants, tenant, k, depth)


def other_shops(lexical, dense, tenants, tenant, k, depth):
    return loops(lexical, dense, np.asarray(tenants) != tenant, True, k, depth)


def k_ignored(lexical, dense, tenants, tenant, k, depth):
    return loops(lexical, dense, tenants, tenant, len(dense), depth)


def depth_is_k(lexical, dense, tenants, tenant, k, depth):
    return loops(lexical, dense, tenants, tenant, k, k)


def worst_first(lexical, dense, tenants, tenant, k, depth):
    return loops(lexical, dense, tenants, tenant, k, depth)[::-1]


def both_lists(lexical, dense, tenants, tenant, k, depth):
    return loops(np.asarray(lexical), np.where(np.asarray(lexical) > 0, dense, -9), tenants, tenant,
                 k, depth)  # fmt: skip


def filtered_after_the_cut(lexical, dense, tenants, tenant, k, depth):
    total = {}
    for scores, least in ((lexical, 0), (dense, -np.inf)):
        order = [row for row in np.argsort(-scores, kind="stable") if scores[row] > least][:depth]
        for place, row in enumerate([row for row in order if tenants[row] == tenant]):
            total[row] = total.get(row, 0) + 1 / (61 + place)
    return sorted(total, key=lambda row: (-total[row], row))[:k]


def constant_50(lexical, dense, tenants, tenant, k, depth):
    own = np.flatnonzero(tenants == tenant)
    fused = np.zeros(len(tenants))
    for scores, rows in ((lexical, own[lexical[own] > 0]), (dense, own)):
        order = rows[np.argsort(-scores[rows], kind="stable")][:depth]
        fused[order] += 1 / (51 + np.arange(len(order)))
    order = np.argsort(-fused, kind="stable")[:k]
    return order[fused[order] > 0].tolist()


def positive_or_zero(lexical, dense, tenants, tenant, k, depth):
    hidden = np.where(np.asarray(tenants) == tenant, dense, 0)
    own = np.asarray(tenants) == tenant
    return loops(lexical, dense, np.where(own & (hidden > 0), tenant, tenant - 1), tenant, k, depth)


def words_filtered_first(lexical, dense, tenants, tenant, k, depth):
    own = np.where(tenants == tenant, lexical, 0)
    return loops(own, dense, np.zeros(len(own)), 0, k, depth)


def words_filtered_last(lexical, dense, tenants, tenant, k, depth):
    everybody = loops(lexical, dense, np.zeros(len(dense)), 0, len(dense), depth)
    return [row for row in everybody if tenants[row] == tenant or lexical[row] == 0][:k]


RIGHT = [loops, masked]
WRONG = [
    (words_only, "items, where"),
    (meaning_only, "not"),
    (other_shops, "belongs to another shop"),
    (k_ignored, "items, where"),
    (depth_is_k, "before fusing"),
    (worst_first, "item 0 is"),
    (both_lists, "item"),
    (filtered_after_the_cut, "use up the depth"),
    (constant_50, "item 0 is"),
    (positive_or_zero, "not right yet"),
    (words_filtered_first, "belongs to another shop"),
    (words_filtered_last, "0 items, where 2"),
]
SURVIVORS = {
    "rows = [int(row) for row in np.flatnonzero(tenants == tenant)]: int(row) -> row": (
        "NumPy's whole numbers index and compare like Python's"
    ),
    "total[row] = total.get(row, 0.0) + 1 / (60 + rank): 1 -> 2": (
        "twice every score has the same order"
    ),
}
