"""Answers to Q21-cbow."""

import numpy as np
import torch

CHECK = "Q21-cbow"


def in_torch(context, u, negatives):
    arrays = [
        torch.tensor(np.array(a, dtype=np.float64), requires_grad=True)
        for a in (context, u, negatives)
    ]
    hidden = arrays[0].mean(dim=0)
    logsigmoid = torch.nn.functional.logsigmoid
    loss = -logsigmoid(arrays[1] @ hidden) - logsigmoid(-(arrays[2] @ hidden)).sum()
    return loss.item(), *torch.autograd.grad(loss, arrays)


def one_matrix(context, u, negatives):
    weights = np.full(len(context), 1 / len(context))
    hidden = weights @ context
    outputs = np.vstack([u, negatives])
    signs = np.array([-1.0] + [1.0] * len(negatives))
    errors = signs * 0.5 * (1 + np.tanh(signs * (outputs @ hidden) / 2))
    gradients = np.outer(errors, hidden)
    loss = np.logaddexp(0, signs * (outputs @ hidden)).sum()
    return loss, np.outer(weights, errors @ outputs), gradients[0], gradients[1:]


def divided_by_d(context, u, negatives):
    loss, rows, grad_u, grad_negatives = one_matrix(context, u, negatives)
    return loss, rows * len(context) / (context.shape[1] + 2), grad_u, grad_negatives


def first_word_only(context, u, negatives):
    loss, rows, grad_u, grad_negatives = one_matrix(context, u, negatives)
    rows[1:] = 0
    return loss, 2 * rows, grad_u, grad_negatives


def in_proportion(context, u, negatives):
    loss, rows, grad_u, grad_negatives = one_matrix(context, u, negatives)
    return loss, rows * context, grad_u, grad_negatives


def positive_only(context, u, negatives):
    hidden = np.mean(context, axis=0)
    error = 0.5 * (1 + np.tanh(u @ hidden / 2)) - 1
    loss, _, grad_u, grad_negatives = one_matrix(context, u, negatives)
    rows = np.tile(error * u / len(context), (len(context), 1))
    return loss, rows, grad_u, grad_negatives


def naive_logarithm(context, u, negatives):
    hidden = context.sum(axis=0) / len(context)
    with np.errstate(over="ignore", divide="ignore"):
        true, noise = 1 / (1 + np.exp(-u @ hidden)), 1 / (1 + np.exp(-negatives @ hidden))
        loss = -np.log(true) - np.log(1 / (1 + np.exp(negatives @ hidden))).sum()
    grad = ((true - 1) * u + noise @ negatives) / len(context)
    return loss, [grad] * len(context), (true - 1) * hidden, np.outer(noise, hidden)


def skipgrams_added(context, u, negatives):
    parts = [one_matrix(row[None], u, negatives) for row in context]
    losses, rows, grads_u, grads_negatives = zip(*parts, strict=True)
    return sum(losses), np.concatenate(rows), sum(grads_u), sum(grads_negatives)


RIGHT = [in_torch, one_matrix]
WRONG = [
    (naive_logarithm, "until a sigmoid vanishes"),
    (skipgrams_added, "You add up C skip-gram losses"),
    (divided_by_d, "`grad_context`"),
    (first_word_only, "`grad_context`"),
    (in_proportion, "`grad_context`"),
    (positive_only, "`grad_context`"),
    (lambda context, u, negatives: one_matrix(context, u, negatives)[:2], "4 values"),
]
_ALIKE = "logaddexp and the dot product treat their arguments alike"
_LOSS = "loss = np.logaddexp(0, -score) + np.logaddexp(0, noise_scores).sum(): "
SURVIVORS = {
    "error = -np.exp(-np.logaddexp(0, score)): np.logaddexp(0, score) -> np.logaddexp(score, 0)": (
        _ALIKE
    ),
    _LOSS + "np.logaddexp(0, -score) -> np.logaddexp(-score, 0)": _ALIKE,
    _LOSS + "np.logaddexp(0, noise_scores) -> np.logaddexp(noise_scores, 0)": _ALIKE,
    "noise_errors = np.exp(-np.logaddexp(0, -noise_scores)): "
    "np.logaddexp(0, -noise_scores) -> np.logaddexp(-noise_scores, 0)": _ALIKE,
    "score, noise_scores = (u @ h, negatives @ h): u @ h -> h @ u": _ALIKE,
}
