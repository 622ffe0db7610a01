"""Answers to Q21-sgns."""

import math

import numpy as np
import torch

CHECK = "Q21-sgns"


def in_torch(v, u, negatives):
    v, u, negatives = (
        torch.tensor(np.array(a, dtype=np.float64), requires_grad=True) for a in (v, u, negatives)
    )
    logsigmoid = torch.nn.functional.logsigmoid
    loss = -logsigmoid(u @ v) - logsigmoid(-(negatives @ v)).sum()
    return loss.item(), *torch.autograd.grad(loss, (v, u, negatives))


def loops(v, u, negatives):
    grad_v, rows, loss = [0.0] * len(v), [], 0.0
    for row, label in [(u, 1)] + [(row, 0) for row in negatives]:
        score = sum(float(a) * float(b) for a, b in zip(v, row, strict=True))
        signed = -score if label else score
        loss += max(signed, 0) + math.log1p(math.exp(-abs(signed)))
        sigma = 0.5 + 0.5 * math.tanh(score / 2)
        rows.append([(sigma - label) * float(a) for a in v])
        grad_v = [g + (sigma - label) * float(a) for g, a in zip(grad_v, row, strict=True)]
    return loss, grad_v, rows[0], np.array(rows[1:]).reshape(np.shape(negatives))


def one_matrix(v, u, negatives):
    outputs = np.vstack([u, negatives]).astype(float)
    signs = np.where(np.arange(len(outputs)) == 0, -1.0, 1.0)
    scores = signs * (outputs @ v)
    errors = signs * 0.5 * (1 + np.tanh(scores / 2))
    gradients = np.einsum("k,d->kd", errors, v)
    return np.logaddexp(0, scores).sum(), errors @ outputs, gradients[0], gradients[1:]


def sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def with_sigmoids(v, u, negatives, log=np.log, noise_label=0, by=1):
    """Follow the formula, with a sigmoid that may be 0."""
    score, scores = u @ v, negatives @ v
    with np.errstate(divide="ignore"):
        loss = -log(sigmoid(score)) - log(sigmoid(-scores)).sum() / by
    error, errors = sigmoid(score) - 1, (sigmoid(scores) - noise_label) / by
    return loss, error * u + errors @ negatives, error * v, np.outer(errors, v)


def epsilon_inside(v, u, negatives):
    return with_sigmoids(v, u, negatives, log=lambda p: np.log(p + 1e-10))


def sigmoid_clipped(v, u, negatives):
    return with_sigmoids(v, u, negatives, log=lambda p: np.log(np.clip(p, 1e-12, 1)))


def negatives_as_true(v, u, negatives):
    return one_matrix(v, u, negatives)[0], *with_sigmoids(v, u, negatives, noise_label=1)[1:]


def mean_and_naive(v, u, negatives):
    return with_sigmoids(v, u, negatives, by=len(negatives))


def exp_over_exp(v, u, negatives):
    with np.errstate(all="ignore"):
        p = np.exp(u @ v) / (1 + np.exp(u @ v))
        q = np.exp(negatives @ v) / (1 + np.exp(negatives @ v))
        loss = -np.log(p) - np.log(1 / (1 + np.exp(negatives @ v))).sum()
    return loss, (p - 1) * u + q @ negatives, (p - 1) * v, np.outer(q, v)


def base_two(v, u, negatives):
    loss, *gradients = one_matrix(v, u, negatives)
    return (loss / math.log(2), *gradients)


def gradients_swapped(v, u, negatives):
    loss, grad_v, grad_u, grad_negatives = one_matrix(v, u, negatives)
    return loss, grad_u, grad_v, grad_negatives


def negatives_summed(v, u, negatives):
    loss, grad_v, grad_u, grad_negatives = one_matrix(v, u, negatives)
    return loss, grad_v, grad_u, grad_negatives.sum(axis=0)


def errors_as_probabilities(v, u, negatives):
    loss, _, grad_u, grad_negatives = one_matrix(v, u, negatives)
    sigma = 0.5 * (1 + np.tanh(u @ v / 2))
    push = 0.5 * (1 + np.tanh(negatives @ v / 2))
    return loss, sigma * (sigma - 1) * u + push @ negatives, grad_u, grad_negatives


def softmax_over_the_sample(v, u, negatives):
    outputs = np.vstack([u, negatives])
    p = np.exp(outputs @ v - (outputs @ v).max())
    p /= p.sum()
    errors = p - np.eye(len(p))[0]
    return -np.log(p[0]), errors @ outputs, errors[0] * v, errors[1:, None] * v


RIGHT = [in_torch, loops, one_matrix]
WRONG = [
    (with_sigmoids, "until a sigmoid vanishes"),
    (epsilon_inside, "1e-10, caps each term"),
    (sigmoid_clipped, "1e-12, caps each term"),
    (negatives_as_true, "a negative has label 0"),
    (mean_and_naive, "You average over the K negatives"),
    (exp_over_exp, "is inf / inf for a large x"),
    (base_two, "`loss`"),
    (gradients_swapped, "`grad_v`"),
    (negatives_summed, "`grad_negatives`"),
    (errors_as_probabilities, "`grad_v`"),
    (softmax_over_the_sample, "`loss`"),
    (lambda v, u, negatives: one_matrix(v, u, negatives)[0], "4 values"),
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
    "score = u @ v: u @ v -> v @ u": _ALIKE,
}
