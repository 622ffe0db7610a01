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
    states = np.array(states, dtype=np.float64)
    states[np.asarray(mask) == 0] = 0
    weights = (np.asarray(mask) > 0).astype(float)
    weights = weights / np.clip(weights.sum(axis=1, keepdims=True), 1, None)
    return np.einsum("bl,bld->bd", weights, states)


def in_torch(states, mask):
    states = torch.tensor(np.array(states, dtype=np.float64))
    mask = torch.tensor(np.array(mask) != 0)
    total = states.masked_fill(~mask[..., None], 0).sum(1)
    return total / mask.sum(1, keepdim=True).clamp(min=1)


def masked_array(states, mask):
    away = np.broadcast_to(np.asarray(mask)[..., None] == 0, np.shape(states))
    kept = np.ma.array(np.asarray(states, dtype=float), mask=away)
    return kept.sum(axis=1).filled(0.0) / np.maximum((~away).sum(axis=1), 1)


def with_nanmean(states, mask):
    """Mark the padding by nan, so that nan in a token counts as padding too."""
    states = np.where(np.asarray(mask)[..., None] != 0, np.asarray(states, dtype=float), np.nan)
    counts = np.sum(~np.isnan(states), axis=1)
    return np.nansum(states, axis=1) / np.maximum(counts, 1)


def hides_nan(states, mask):
    states, mask = np.asarray(states, dtype=float), np.asarray(mask) != 0
    total = np.nan_to_num(states * mask[..., None], posinf=0, neginf=0).sum(axis=1)
    return total / np.maximum(mask.sum(axis=1, keepdims=True), 1)


def textbook(states, mask):
    return (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)


def everything(states, mask):
    return np.asarray(states).mean(axis=1)


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


RIGHT = [text_by_text, einsum, in_torch, masked_array]
WRONG = [
    (with_nanmean, "as if it were padding"),
    (hides_nan, "You turn nan into 0 in tokens as well"),
    (textbook, "`np.asarray`"),
    (everything, "You average over all places"),
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
