"""Losses and gradients of negative sampling, right and wrong, for the checks of lesson 01."""

import math

import numpy as np

from helpers.checks.comparing import as_numbers, close, structure
from helpers.checks.core import Misconception

__all__ = [
    "also_naive",
    "infinite_beyond",
    "label_of_negatives",
    "loss_parts",
    "neg_loss",
    "sgns",
    "sgns_ascent",
    "sgns_averaged",
    "sgns_capped",
    "sgns_inf_over_inf",
    "sgns_unsigned_noise",
    "sigmoid",
    "with_gradients",
]


def sigmoid(x):
    """Compute the sigmoid without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(x, dtype=np.float64)))


def _softplus(x):
    """Compute log(1 + exp(x)) without overflow."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def neg_loss(hidden, positive, negatives):
    """Sum the negative-sampling loss term by term, in plain Python."""

    def score(u):
        return math.fsum(float(a) * float(b) for a, b in zip(hidden, u, strict=True))

    return _softplus(-score(positive)) + math.fsum(_softplus(score(u)) for u in negatives)


def _difference(loss, arrays, which, step=1e-5):
    """Differentiate `loss` by every entry of one of its arrays, by central differences."""
    arrays = [np.array(a, dtype=np.float64) for a in arrays]
    gradient = np.zeros(arrays[which].shape)
    for place in np.ndindex(gradient.shape):
        middle = arrays[which][place]
        arrays[which][place] = middle + step
        above = loss(*arrays)
        arrays[which][place] = middle - step
        gradient[place] = (above - loss(*arrays)) / (2 * step)
        arrays[which][place] = middle
    return gradient


def with_gradients(loss):
    """Make an oracle: the loss, and its finite differences by each of its arrays."""

    def oracle(*arrays):
        return (loss(*arrays), *(_difference(loss, arrays, i) for i in range(len(arrays))))

    return oracle


def loss_parts(*names):
    """Compare loss and gradients, and call each part by its name."""
    numbers = close(rtol=2e-5, atol=2e-6)

    def compare(got, expected):
        if not isinstance(got, list | tuple) or len(got) != len(names):
            return structure(*[numbers] * len(names))(got, expected)
        for name, mine, wanted in zip(names, got, expected, strict=True):
            if np.size(wanted) == 0 and as_numbers(mine) is not None and np.size(mine) == 0:
                continue  # Without negatives there is nothing to compare, whatever the shape.
            problem = numbers(mine, wanted)
            if problem is not None:
                return f"`{name}`: {problem}"
        return None

    return compare


def sgns(v, u, negatives, label=1.0, pushes=None, reduce=1.0, v_pull=True, v_push=True):
    """Compute the gradients in matrix form, with room for the ways to get them wrong."""
    v, u, negatives = (np.asarray(a, dtype=np.float64) for a in (v, u, negatives))
    pull = sigmoid(v @ u) - label
    push = sigmoid(negatives @ v) if pushes is None else pushes(negatives @ v)
    push = push * reduce
    loss = np.logaddexp(0, -(v @ u)) + reduce * np.logaddexp(0, negatives @ v).sum()
    grad_v = v_pull * pull * u + v_push * (push @ negatives)
    return loss, grad_v, pull * v, push[:, None] * v


def label_of_negatives(v, u, negatives):
    """Give the negatives the label 1 in the gradients."""
    return sgns(v, u, negatives, pushes=lambda s: sigmoid(s) - 1)


def sgns_unsigned_noise(v, u, negatives):
    """Give the negatives the label 1 in the loss too."""
    loss = np.logaddexp(0, -(v @ u)) + np.logaddexp(0, -(negatives @ v)).sum()
    return (loss, *label_of_negatives(v, u, negatives)[1:])


def sgns_capped(cap):
    """Let no term of the loss grow beyond `cap`; the gradients are right."""

    def answer(v, u, negatives):
        scores = np.append(-(v @ u), negatives @ v)
        terms = np.minimum(np.logaddexp(0, scores), cap)
        return (terms.sum(), *sgns(v, u, negatives)[1:])

    return answer


def sgns_inf_over_inf(v, u, negatives):
    """Write the sigmoid as exp(x) / (1 + exp(x)), which is inf / inf for large x."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):

        def naive(x):
            return np.exp(x) / (1 + np.exp(x))

        pull, push = naive(v @ u) - 1, naive(negatives @ v)
        loss = -np.log(naive(v @ u)) - np.log(naive(-(negatives @ v))).sum()
        return loss, pull * u + push @ negatives, pull * v, push[:, None] * v


def infinite_beyond(answer, limit=709.0):
    """Give an answer the infinite loss that the logarithm of a vanished sigmoid has."""

    def naive(v, u, negatives):
        loss, *rest = answer(v, u, negatives)
        hidden = v if np.ndim(v) == 1 else np.asarray(v, dtype=np.float64).mean(axis=0)
        scores = np.append(-(hidden @ u), negatives @ hidden)
        return (np.inf if np.max(scores) > limit else loss, *rest)

    return naive


_NAIVE = "And take the logarithm with `np.logaddexp(0, -score)`: the sigmoid of -800 is 0."


def also_naive(misconceptions):
    """Add to each misconception the same with a naive logarithm, which has an infinite loss."""
    naive = [
        Misconception(
            f"{m.name}, naive logarithm", infinite_beyond(m.answer), f"{m.sentence} {_NAIVE}"
        )
        for m in misconceptions
    ]
    return [*misconceptions, *naive]


def sgns_averaged(v, u, negatives):
    """Average over the negatives."""
    return sgns(v, u, negatives, reduce=1 / max(1, len(negatives)))


def sgns_ascent(v, u, negatives):
    """Return the direction of the update."""
    loss, *gradients = sgns(v, u, negatives)
    return (loss, *(-g for g in gradients))
