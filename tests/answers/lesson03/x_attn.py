"""Answers to X-attn."""

import math

import numpy as np
import torch

CHECK = "X-attn"


def torch_sdpa(queries, keys, values, mask):
    q, k, v = (torch.tensor(np.array(a, dtype=np.float64)) for a in (queries, keys, values))
    shape = (len(q), q.shape[1], k.shape[1])
    seen = torch.tensor(np.broadcast_to(np.asarray(mask, dtype=bool), shape).copy())
    none = ~seen.any(-1, keepdim=True)

    def attend(values):
        output = torch.nn.functional.scaled_dot_product_attention(
            q, k, values, attn_mask=seen | none
        )
        return output.masked_fill(none, 0.0).numpy()

    return attend(v), attend(torch.eye(k.shape[1], dtype=torch.float64).expand(len(q), -1, -1))


def loops(queries, keys, values, mask):
    texts, m, d = queries.shape
    length = keys.shape[1]
    mask = np.broadcast_to(mask, (texts, m, length))
    weights = [[[0.0] * length for _ in range(m)] for _ in range(texts)]
    for b in range(texts):
        for i in range(m):
            seen = [j for j in range(length) if mask[b, i, j]]
            scores = {j: float(np.dot(queries[b, i], keys[b, j])) / d**0.5 for j in seen}
            for j in seen:
                # Each weight by differences of scores; a difference beyond 700 leaves a 0.
                gaps = [scores[other] - scores[j] for other in seen]
                weights[b][i][j] = 0.0 if max(gaps) > 700 else 1 / sum(math.exp(g) for g in gaps)
    weights = np.array(weights)
    return np.array([w @ v for w, v in zip(weights, values, strict=True)]), weights


def einsum_in_place_on_a_copy(queries, keys, values, mask):
    scores = np.einsum("bid,bjd->bij", queries, keys).astype(float)
    scores /= math.sqrt(queries.shape[2])
    mask = np.broadcast_to(np.asarray(mask) != 0, scores.shape)
    scores[~mask] = -np.inf
    top = scores.max(axis=2, keepdims=True)
    top[np.isinf(top)] = 0
    weights = np.exp(scores - top)
    total = weights.sum(axis=2, keepdims=True)
    weights = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    return np.einsum("bij,bjv->biv", weights, values), weights


def logsumexp_form(queries, keys, values, mask):
    from scipy.special import logsumexp

    scores = queries @ keys.transpose(0, 2, 1) / np.sqrt(queries.shape[-1])
    seen = np.broadcast_to(mask, scores.shape).astype(float)
    any_seen = seen.any(axis=-1, keepdims=True)
    total = logsumexp(scores, b=np.where(any_seen, seen, 1), axis=-1, keepdims=True)
    weights = np.exp(np.where(seen > 0, scores - total, -np.inf))
    return weights @ values, weights


def right(queries, keys, values, mask):
    return einsum_in_place_on_a_copy(queries, keys, values, mask)


def nan_to_num(queries, keys, values, mask):
    """Hide every NaN, also those of an overflow."""
    with np.errstate(all="ignore"):
        scores = queries @ keys.transpose(0, 2, 1) / np.sqrt(queries.shape[-1])
        weights = np.exp(np.where(mask, scores, -np.inf))
        weights = np.nan_to_num(weights / weights.sum(axis=-1, keepdims=True))
        return weights @ values, weights


def hugging_face_of_old(queries, keys, values, mask):
    """Add -10,000 to what is masked, as early BERT code did."""
    scores = queries @ keys.transpose(0, 2, 1) / np.sqrt(queries.shape[-1])
    scores = scores + (1 - np.asarray(mask).astype(float)) * -10_000
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights = weights / weights.sum(-1, keepdims=True)
    return weights @ values, weights


def subtracts(number):
    def answer(queries, keys, values, mask):
        scores = queries @ keys.transpose(0, 2, 1) / np.sqrt(queries.shape[-1])
        seen = np.broadcast_to(np.asarray(mask) != 0, scores.shape)
        scores = scores - np.where(seen, 0, number)
        weights = np.exp(scores - scores.max(-1, keepdims=True)) * seen
        total = weights.sum(-1, keepdims=True)
        weights = weights / np.where(total == 0, 1, total)
        return weights @ values, weights

    return answer


def scores_clipped(queries, keys, values, mask):
    scores = queries @ keys.transpose(0, 2, 1) / np.sqrt(queries.shape[-1])
    weights = np.exp(np.clip(scores, -500, 500)) * np.asarray(mask)
    return (weights / np.maximum(weights.sum(-1, keepdims=True), 1e-300)) @ values, (
        weights / np.maximum(weights.sum(-1, keepdims=True), 1e-300)
    )


def output_only(queries, keys, values, mask):
    return right(queries, keys, values, mask)[0]


def swapped(queries, keys, values, mask):
    return right(queries, keys, values, mask)[::-1]


def scores_for_weights(queries, keys, values, mask):
    output, _ = right(queries, keys, values, mask)
    return output, queries @ keys.transpose(0, 2, 1) / np.sqrt(queries.shape[-1])


def changes_its_queries(queries, keys, values, mask):
    result = right(queries, keys, values, mask)
    queries *= 2
    return result


def changes_its_mask(queries, keys, values, mask):
    result = right(queries, keys, values, mask)
    np.copyto(mask, True)
    return result


def ignores_the_mask(queries, keys, values, mask):
    return right(queries, keys, values, np.array([[[True]]]))


def causal_whatever_comes(queries, keys, values, mask):
    return right(queries, keys, values, np.tri(queries.shape[1], keys.shape[1], dtype=bool))


def first_text_only(queries, keys, values, mask):
    shape = (len(queries), queries.shape[1], keys.shape[1])
    mask = np.broadcast_to(mask, shape)
    return right(queries, keys, values, np.broadcast_to(mask[:1], shape))


def tilde_of_the_mask(queries, keys, values, mask):
    """Right for booleans; ~0 is -1 and ~1 is -2 for whole numbers, which both count as true."""
    scores = queries @ keys.transpose(0, 2, 1) / np.sqrt(queries.shape[-1])
    blocked = np.broadcast_to(~mask, scores.shape).astype(bool)
    return right(queries, keys, values, ~blocked)


def epsilon_in_the_sum(queries, keys, values, mask):
    """Subtract the maximum of all keys, and guard the sum: the right row becomes 0."""
    scores = queries @ keys.transpose(0, 2, 1) / np.sqrt(queries.shape[-1])
    weights = np.exp(scores - scores.max(-1, keepdims=True)) * np.asarray(mask)
    weights = weights / (weights.sum(-1, keepdims=True) + 1e-12)
    return weights @ values, weights


def even_over_all(queries, keys, values, mask):
    """Give a row without keys an even spread, though the rest is right."""
    output, weights = right(queries, keys, values, mask)
    empty = weights.sum(-1, keepdims=True) == 0
    weights = np.where(empty, 1 / keys.shape[1], weights)
    return weights @ values, weights


def zeros(queries, keys, values, mask):
    return np.zeros((*queries.shape[:2], values.shape[2])), np.zeros(
        (*queries.shape[:2], keys.shape[1])
    )


def hard_maximum(queries, keys, values, mask):
    scores = queries @ keys.transpose(0, 2, 1)
    seen = np.broadcast_to(mask, scores.shape) != 0
    best = np.where(seen, scores, -np.inf).argmax(-1)
    weights = np.eye(keys.shape[1])[best] * seen.any(-1, keepdims=True)
    return weights @ values, weights


RIGHT = [torch_sdpa, loops, einsum_in_place_on_a_copy, logsumexp_form]
WRONG = [
    (nan_to_num, "You turn every NaN into 0"),
    (scores_clipped, "scores of about 20,000"),
    (hugging_face_of_old, "attends to masked keys"),
    (subtracts(1e4), "put it in with `np.where`"),
    (subtracts(1e5), "can lie below it"),
    (output_only, "2 values should come back"),
    (swapped, "`weights`: the result has the shape"),
    (scores_for_weights, "`weights`"),
    (changes_its_queries, "changed argument 1 in place"),
    (changes_its_mask, "changed argument 4 in place"),
    (ignores_the_mask, "The mask changes nothing in your answer"),
    (causal_whatever_comes, "`weights`"),
    (first_text_only, "two texts, a mask of their own each"),
    (tilde_of_the_mask, "a mask of 0 and 1"),
    (epsilon_in_the_sum, "a small number in the sum only turns 0 / 0 into 0"),
    (even_over_all, "may see nothing should get weights and an output of 0"),
    (zeros, "one query, one key"),
    (hard_maximum, "`weights`"),
]
SURVIVORS = {
    "weights = weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1): "
    "np.maximum(weights.sum(axis=-1, keepdims=True), 1) -> "
    "np.maximum(1, weights.sum(axis=-1, keepdims=True))": "maximum treats its arguments alike",
}
