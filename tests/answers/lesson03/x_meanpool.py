"""Answers to X-meanpool."""

import numpy as np
import torch

CHECK = "X-meanpool"


def text_by_text(states, mask):
    states, mask = np.array(states, dtype=float), np.array(mask).astype(bool)
    rows = []
    for vectors, real in zip(states, mask, strict=True):
        tokens = vectors[real]
        rows.append(tokens.mean(axis=0) if len(tokens) else np.zeros(states.shape[2]))
    return np.array(rows)


def einsum(states, mask):
    states = np.nan_to_num(np.asarray(states, dtype=np.float64), nan=0, posinf=0, neginf=0)
    weights = (np.asarray(mask) > 0).astype(float)
    weights = weights / np.clip(weights.sum(axis=1, keepdims=True), 1, None)
    return np.einsum("bl,bld->bd", weights, states)


def in_torch(states, mask):
    states = torch.tensor(np.array(states, dtype=np.float64))
    mask = torch.tensor(np.array(mask) != 0)
    total = states.masked_fill(~mask[..., None], 0).sum(1)
    return total / mask.sum(1, keepdim=True).clamp(min=1)


def with_nanmean(states, mask):
    states = np.where(np.asarray(mask)[..., None] != 0, np.asarray(states, dtype=float), np.nan)
    counts = np.sum(~np.isnan(states), axis=1)
    return np.nansum(states, axis=1) / np.maximum(counts, 1)


def over_the_texts(states, mask):
    states = np.where(np.asarray(mask)[..., None] != 0, np.asarray(states, dtype=float), 0)
    return states.sum(axis=0) / np.maximum(np.sum(np.asarray(mask) != 0, axis=0)[:, None], 1)


def sums(states, mask):
    return np.where(np.asarray(mask)[..., None] != 0, np.asarray(states, dtype=float), 0).sum(1)


def first_token(states, mask):
    return np.asarray(states, dtype=float)[:, 0]


def largest(states, mask):
    kept = np.where(np.asarray(mask)[..., None] != 0, np.asarray(states, dtype=float), -np.inf)
    return kept.max(axis=1)


def mask_upside_down(states, mask):
    return text_by_text(states, 1 - np.array(mask, dtype=int))


def one_too_many(states, mask):
    states = np.where(np.asarray(mask)[..., None] != 0, np.asarray(states, dtype=float), 0)
    return states.sum(1) / (1 + np.sum(np.asarray(mask) != 0, axis=1, keepdims=True))


def counts_nonzero_states(states, mask):
    states = np.where(np.asarray(mask)[..., None] != 0, np.asarray(states, dtype=float), 0)
    return states.sum(1) / np.maximum((states != 0).sum(1), 1)


def no_asarray(states, mask):
    return np.where(mask[..., None] != 0, states, 0).sum(1, dtype=float) / np.maximum(
        mask.sum(1, keepdims=True), 1
    )


RIGHT = [text_by_text, einsum, in_torch, with_nanmean]
WRONG = [
    (over_the_texts, "the shape"),
    (sums, "values are not right"),
    (first_token, "values are not right"),
    (largest, "values are not right"),
    (mask_upside_down, "values are not right"),
    (one_too_many, "values are not right"),
    (counts_nonzero_states, "values are not right"),
    (no_asarray, "it raised"),
    (lambda states, mask: None, "is the `return` there?"),
]
SURVIVORS = {
    "return total / np.maximum(mask.sum(axis=1), 1): np.maximum(mask.sum(axis=1), 1) -> "
    "np.maximum(1, mask.sum(axis=1))": "the larger of two numbers has no order",
}
