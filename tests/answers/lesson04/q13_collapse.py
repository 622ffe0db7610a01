"""Right and wrong answers to Q13-collapse."""

import numpy as np
import torch

CHECK = "Q13-collapse"


def unit_rows(z):
    rows = [np.array(row, dtype=float) for row in z]
    return np.array([row / np.linalg.norm(row) if row.any() else row for row in rows])


def rank_of(variances):
    variances = np.maximum(variances, 0)
    if variances.sum() < 1e-12:
        return 1.0
    p = variances / variances.sum()
    return float(np.prod([share**-share for share in p if share > 0]))


def verdict_of(std, rank, least_std, limit):
    return "complete" if std < least_std else "dimensional" if rank < limit else "none"


def by_covariance(z, least_std=0.1, least_share=0.05):
    unit = unit_rows(z)
    covariance = np.atleast_2d(np.cov(unit, rowvar=False, ddof=0))
    d = unit.shape[1]
    std = np.sqrt(np.diagonal(covariance)).sum() / np.sqrt(d)
    rank = rank_of(np.linalg.eigvalsh(covariance))
    return std, rank, verdict_of(std, rank, least_std, least_share * d)


def by_gram(z, least_std=0.1, least_share=0.05):
    unit = torch.tensor(unit_rows(z))
    centred = unit - unit.mean(0)
    d = unit.shape[1]
    std = (centred.square().mean(0).sqrt().sum() * d**-0.5).item()
    rank = rank_of(torch.linalg.eigvalsh(centred @ centred.T / len(unit)).numpy())
    return [std, rank, verdict_of(std, rank, least_std, least_share * d)]


def total_spread(z, least_std=0.1, least_share=0.05):
    _, rank, _ = by_covariance(z)
    unit = unit_rows(z)
    std = float(np.sqrt(unit.var(axis=0).sum()))
    return std, rank, verdict_of(std, rank, least_std, least_share * unit.shape[1])


def largest_share(z, least_std=0.1, least_share=0.05):
    std, _, _ = by_covariance(z)
    sizes = np.linalg.eigvalsh(np.atleast_2d(np.cov(unit_rows(z), rowvar=False, ddof=0)))
    rank = sizes.sum() / sizes.max() if sizes.max() > 1e-12 else 1.0
    return std, rank, verdict_of(std, rank, least_std, least_share * len(sizes))


def tiny_bound(z, least_std=0.1, least_share=0.05):
    unit = unit_rows(z)
    std, rank, _ = by_covariance(z)
    sizes = np.linalg.svd(unit - unit.mean(axis=0), compute_uv=False) ** 2
    if sizes.sum() / len(unit) > 1e-20:
        p = sizes[sizes > 0] / sizes.sum()
        rank = np.exp(-(p * np.log(p)).sum())
    return std, rank, verdict_of(std, rank, least_std, least_share * unit.shape[1])


def at_most(z, least_std=0.1, least_share=0.05):
    std, rank, _ = by_covariance(z)
    thin = rank <= least_share * np.shape(z)[1]
    return std, rank, "complete" if std <= least_std else "dimensional" if thin else "none"


def with_small_numbers(z, least_std=0.1, least_share=0.05):
    z = np.asarray(z, float)
    unit = z / (np.linalg.norm(z, axis=1, keepdims=True) + 1e-12)
    centred, d = unit - unit.mean(axis=0), z.shape[1]
    std = np.sqrt((centred**2).mean(axis=0)).mean() * d**0.5
    sizes, rank = np.linalg.svd(centred, compute_uv=False) ** 2 / len(z), 1.0
    if sizes.sum() > 1e-12:
        p = sizes / sizes.sum()
        rank = np.exp(-(p * np.log(p + 1e-12)).sum())
    return std, rank, verdict_of(std, rank, least_std, least_share * d)


def share_of_rank(z, least_std=0.1, least_share=0.05):
    std, rank, verdict = by_covariance(z, least_std, least_share)
    return std, rank / np.shape(z)[1], verdict


def fixed_thresholds(z, least_std=0.1, least_share=0.05):
    return by_covariance(z)


def other_words(z, least_std=0.1, least_share=0.05):
    std, rank, verdict = by_covariance(z, least_std, least_share)
    return std, rank, verdict.title()


def standardised(z, least_std=0.1, least_share=0.05):
    unit = unit_rows(z)
    spread = unit.std(axis=0)
    return by_covariance(unit / np.where(spread > 0, spread, 1), least_std, least_share)


def in_place(z, least_std=0.1, least_share=0.05):
    found = by_covariance(z, least_std, least_share)
    if isinstance(z, np.ndarray) and z.dtype == float:
        z -= z.mean(axis=0)
    return found


RIGHT = [by_covariance, by_gram, with_small_numbers]
WRONG = [
    (total_spread, "in part 1 of the result"),
    (largest_share, "1 / the largest share"),
    (tiny_bound, "the rank is 1 by definition"),
    (at_most, "The verdicts say BELOW"),
    (share_of_rank, "in part 2 of the result"),
    (fixed_thresholds, "in part 3 of the result"),
    (other_words, "in part 3 of the result"),
    (standardised, "in part"),
    (in_place, "in place: work on a copy"),
    (lambda z, least_std=0.1, least_share=0.05: "none", "3 values should come back"),
]
_LIMIT = "variances that are no rounding error are far above the limit either way"
SURVIVORS = {
    "centred = unit - unit.mean(axis=0): unit - unit.mean(axis=0) -> unit.mean(axis=0) - unit": (
        "std and singular values do not depend on the sign"
    ),
    "unit = z / np.where(lengths > 0, lengths, 1): 1 -> 2": "zeros divided by two are zeros",
    "if variances.sum() >= 1e-12:: variances.sum() -> variances.mean()": _LIMIT,
    "if variances.sum() >= 1e-12:: variances.sum() >= 1e-12 -> variances.sum() > 1e-12": (
        "differs only for a sum of exactly 1e-12"
    ),
    "variances = np.linalg.svd(centred, compute_uv=False) ** 2 / n: "
    "np.linalg.svd(centred, compute_uv=False) ** 2 / n -> "
    "np.linalg.svd(centred, compute_uv=False) ** 2 * n": (
        "a factor cancels in the shares, and the limit is far away"
    ),
}
