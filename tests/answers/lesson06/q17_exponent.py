"""Answers to Q17-exponent."""

import numpy as np
import torch

CHECK = "Q17-exponent"


def _shares(queries, items, relevant, exponents, k):
    queries, items = np.array(queries, dtype=float), np.array(items, dtype=float)
    shares = []
    for exponent in exponents:
        hits = []
        for query, wanted in zip(queries, relevant, strict=True):
            scores = []
            for item in items:
                norm = np.sqrt(item @ item)
                cos = query @ item / norm / np.sqrt(query @ query) if norm else 0
                scores.append(cos * norm**exponent if norm else 0)
            hits.append(sum(s > scores[wanted] for s in scores) < k)
        shares.append(sum(hits) / len(hits))
    return shares


def with_loops(queries, items, relevant, exponents, k):
    shares = _shares(queries, items, relevant, exponents, k)
    best = None
    for exponent, share in zip(exponents, shares, strict=True):
        key = (share, -abs(exponent), -exponent)
        if best is None or key > best[0]:
            best = key, exponent
    return best[1], shares


def by_stored_vectors(queries, items, relevant, exponents, k):
    # x n^(beta - 1) under the dot product; the query's norm changes no order.
    queries, items = np.array(queries, dtype=float), np.array(items, dtype=float)
    norms = np.linalg.norm(items, axis=1, keepdims=True)
    norms[norms == 0] = 1
    shares = []
    for exponent in exponents:
        scores = queries @ (items * norms ** (exponent - 1)).T
        own = np.take_along_axis(scores, np.asarray(relevant)[:, None], 1)
        shares.append(np.mean((scores > own).sum(axis=1) < k))
    table = np.array([-np.array(shares), np.abs(exponents), exponents])
    return exponents[np.lexsort(table[::-1])[0]], np.array(shares)


def in_torch(queries, items, relevant, exponents, k):
    queries = torch.nn.functional.normalize(torch.tensor(np.array(queries, dtype=float)))
    items = torch.tensor(np.array(items, dtype=float))
    norms, cosines = items.norm(dim=1), queries @ torch.nn.functional.normalize(items).T
    powers = torch.tensor(np.array(exponents, dtype=float))[:, None]
    scale = torch.where(norms > 0, norms, 1.0)[None] ** powers
    scores = cosines[None] * scale[:, None]
    wanted = torch.tensor(np.array(relevant))
    own = scores[:, torch.arange(len(queries)), wanted]
    shares = ((scores > own[..., None]).sum(-1) < k).double().mean(1)
    ways = powers[shares == shares.max()].ravel().tolist()
    return sorted(ways, key=lambda e: (abs(e), e))[0], shares


def only_the_best(queries, items, relevant, exponents, k):
    return with_loops(queries, items, relevant, exponents, k)[0]


def only_the_shares(queries, items, relevant, exponents, k):
    return np.array(_shares(queries, items, relevant, exponents, k))


def the_place_of_the_best(queries, items, relevant, exponents, k):
    best, shares = with_loops(queries, items, relevant, exponents, k)
    return list(exponents).index(best), shares


def sorted_exponents(queries, items, relevant, exponents, k):
    return with_loops(queries, items, relevant, sorted(exponents), k)


def items_by_rank(queries, items, relevant, exponents, k):
    """Takes the exponent of the query's norm."""
    queries, items = np.asarray(queries, dtype=float), np.asarray(items, dtype=float)
    lengths = np.linalg.norm(queries, axis=1, keepdims=True)
    return with_loops(lengths**2 * queries, np.sign(items), relevant, exponents, k)


def always_cosine(queries, items, relevant, exponents, k):
    return 0.0, np.array(_shares(queries, items, relevant, [0] * len(exponents), k))


def in_place(queries, items, relevant, exponents, k):
    answer = with_loops(queries, items, relevant, exponents, k)
    if isinstance(items, np.ndarray):
        items /= np.where(items == 0, 1, 2)
    return answer


def best_zero(queries, items, relevant, exponents, k):
    return 0, np.ones(len(exponents))


def in_logarithms(queries, items, relevant, exponents, k):
    queries, items = np.asarray(queries, dtype=float), np.asarray(items, dtype=float)
    norms = np.linalg.norm(items, axis=1)
    shares = []
    with np.errstate(all="ignore"):
        cosines = queries @ items.T / norms / np.linalg.norm(queries, axis=1, keepdims=True)
        for exponent in exponents:
            scores = np.log(cosines) + exponent * np.log(norms)
            own = scores[np.arange(len(queries)), relevant]
            shares.append(((scores > own[:, None]).sum(axis=1) < k).mean())
    return _nearest(exponents, shares), shares


def one_less(queries, items, relevant, exponents, k):
    shares = _shares(queries, items, relevant, [e - 1 for e in exponents], k)
    return _nearest(exponents, shares), shares


def dot_times_the_power(queries, items, relevant, exponents, k):
    queries, items = np.asarray(queries, dtype=float), np.asarray(items, dtype=float)
    norms, shares = np.sqrt((items**2).sum(axis=1)), []
    for exponent in exponents:
        with np.errstate(all="ignore"):
            scores = queries @ items.T * norms ** float(exponent)
        own = scores[np.arange(len(queries)), relevant]
        shares.append(((scores > own[:, None]).sum(axis=1) < k).mean())
    return _nearest(exponents, shares), shares


def in_sorted_lists(queries, items, relevant, exponents, k):
    queries, items = np.asarray(queries, dtype=float), np.asarray(items, dtype=float)
    norms = np.linalg.norm(items, axis=1)
    norms[norms == 0] = 1
    shares = []
    for exponent in exponents:
        best = np.argsort(-(queries @ items.T) * norms ** (exponent - 1.0), axis=1, kind="stable")
        shares.append((best[:, :k] == np.asarray(relevant)[:, None]).any(axis=1).mean())
    return _nearest(exponents, shares), shares


def _nearest(exponents, shares):
    ways = [e for e, share in zip(exponents, shares, strict=True) if share == max(shares)]
    return min(ways, key=lambda e: (abs(e), e))


def weakly(queries, items, relevant, exponents, k):
    queries, items = np.asarray(queries, dtype=float), np.asarray(items, dtype=float)
    norms = np.linalg.norm(items, axis=1)
    norms[norms == 0] = 1
    shares = []
    for exponent in exponents:
        scores = (queries @ items.T) * norms ** (exponent - 1.0)
        own = scores[np.arange(len(queries)), relevant]
        shares.append(((scores >= own[:, None]).sum(axis=1) <= k).mean())
    return _nearest(exponents, shares), shares


def imaginary(queries, items, relevant, exponents, k):
    best, shares = with_loops(queries, items, relevant, exponents, k)
    return best, np.array(shares) + 0j


RIGHT = [with_loops, by_stored_vectors, in_torch]
WRONG = [
    (only_the_best, "2 values should come back"),
    (only_the_shares, "return one, other"),
    (the_place_of_the_best, "in part 1 of the result"),
    (sorted_exponents, "in part 2 of the result"),
    (items_by_rank, "in part"),
    (always_cosine, "in part"),
    (in_place, "changed argument 2 in place"),
    (best_zero, "in part"),
    (in_logarithms, "no logarithm"),
    (one_less, "one too small"),
    (dot_times_the_power, "the exponents plus 1"),
    (in_sorted_lists, "strictly more"),
    (weakly, "strictly more"),
    (imaginary, "complex numbers"),
]
_READ = "queries, items = (np.asarray(queries, dtype=float), np.asarray(items, : "
_EQUAL = "equal = [e for e, share in zip(exponents, shares, strict=True) if shar: "
SURVIVORS = {
    _EQUAL + "True -> False": "one share was appended for each exponent",
    _EQUAL + "zip(exponents, shares, strict=True) -> zip(exponents, shares)": (
        "one share was appended for each exponent"
    ),
    "lengths = np.where(norms > 0, norms, 1): 1 -> 2": (
        "the dot product with zeros is 0, whatever multiplies it"
    ),
    _READ + "np.asarray(items, dtype=float) -> np.asarray(items)": (
        "the products are of 64 bits with the queries, and rounded norms change no order"
    ),
    _READ + "np.asarray(queries, dtype=float) -> np.asarray(queries)": (
        "the products are of 64 bits with the items"
    ),
    _READ + "np.asarray(queries, dtype=float) -> queries": (
        "a list is multiplied by an array as if it were one"
    ),
    "return (min(equal, key=lambda e: (abs(e), e)), np.array(shares)): "
    "np.array(shares) -> shares": ("a list of the same numbers counts as well"),
}
