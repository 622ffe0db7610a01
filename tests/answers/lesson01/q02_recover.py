"""Answers to Q02-recover."""

import math

import numpy as np
import torch

CHECK = "Q02-recover"


def in_torch(v, U, noise):
    v, U, noise = (torch.tensor(np.array(a, dtype=np.float64)) for a in (v, U, noise))
    return torch.softmax(U @ v + torch.log(noise), dim=0)


def by_pairs(v, U, noise):
    """Divide 1 by the sum of odds against each other word, in logarithms."""
    logs = [
        math.fsum(float(a) * float(b) for a, b in zip(v, u, strict=True)) + math.log(n)
        if n > 0
        else -math.inf
        for u, n in zip(U, noise, strict=True)
    ]
    top = max(logs)
    weights = [math.exp(x - top) for x in logs]
    return [w / math.fsum(weights) for w in weights]


def overflowing(v, U, noise):
    with np.errstate(all="ignore"):
        odds = [n * np.exp(u @ v) for u, n in zip(U, noise, strict=True)]
        return np.array(odds) / sum(odds)


def softmax_overflowing(v, U, noise):
    with np.errstate(all="ignore"):
        weights = np.exp(np.einsum("vd,d->v", U, v))
        return weights / np.sum(weights)


def clipped(v, U, noise):
    weights = noise * np.exp(np.clip(U @ v, -500, 500))
    return weights / weights.sum()


def infinities_removed(v, U, noise):
    with np.errstate(all="ignore"):
        return np.nan_to_num(overflowing(v, U, noise))


def power_noise(v, U, noise):
    weights = noise**0.75 * np.exp(U @ v)
    return weights / weights.sum()


def logarithms(v, U, noise):
    return np.array(in_torch(v, U, noise).log())


def noise_added(v, U, noise):
    weights = np.exp(U @ v) + noise
    return weights / weights.sum()


def noise_as_logit(v, U, noise):
    weights = np.exp(U @ v + noise)
    return weights / weights.sum()


def unit_vectors(v, U, noise):
    cosine = U @ v / (np.linalg.norm(U, axis=1) * np.linalg.norm(v) + 1e-12)
    weights = noise * np.exp(cosine)
    return weights / weights.sum()


RIGHT = [in_torch, by_pairs]
WRONG = [
    (overflowing, "Subtract the largest score before exp"),
    (softmax_overflowing, "softmax of the raw scores"),
    (clipped, "You clip the scores"),
    (infinities_removed, "scores in the thousands"),
    (power_noise, "values are not right"),
    (logarithms, "not right"),
    (noise_added, "not right"),
    (noise_as_logit, "not right"),
    (unit_vectors, "not right"),
    (lambda v, U, noise: float((U @ v).max()), "should come back"),
]
SURVIVORS = {}
