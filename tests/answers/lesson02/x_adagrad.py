"""Answers to X-adagrad."""

import math

import numpy as np
import torch

CHECK = "X-adagrad"


def loops(count, parameters, squares, lr=0.2, x_max=10.0, alpha=0.75):
    w, c, b, b_context = parameters
    f = 1.0 if count >= x_max else (count / x_max) ** alpha
    error = sum(float(p) * float(q) for p, q in zip(w, c, strict=True))
    error += b + b_context - math.log(count)

    def stepped(value, gradient, square):
        square = float(square) + gradient**2
        return float(value) - lr * gradient / math.sqrt(square), square

    first = [stepped(w[k], f * error * float(c[k]), squares[0][k]) for k in range(len(w))]
    second = [stepped(c[k], f * error * float(w[k]), squares[1][k]) for k in range(len(w))]
    third = stepped(b, f * error, squares[2])
    fourth = stepped(b_context, f * error, squares[3])
    return tuple(
        ([pair[k] for pair in first], [pair[k] for pair in second], third[k], fourth[k])
        for k in (0, 1)
    )


def in_torch(count, parameters, squares, lr=0.2, x_max=10.0, alpha=0.75):
    new = [torch.tensor(np.array(p, dtype=float), requires_grad=True) for p in parameters]
    optimizer = torch.optim.Adagrad(new, lr=lr, eps=0.0)
    for p, square in zip(new, squares, strict=True):
        optimizer.state[p]["sum"].copy_(torch.tensor(np.array(square, dtype=float)))
    error = new[0] @ new[1] + new[2] + new[3] - math.log(count)
    (0.5 * min(count / x_max, 1) ** alpha * error**2).backward()
    optimizer.step()
    return tuple(p.detach() for p in new), tuple(optimizer.state[p]["sum"] for p in new)


def one_long_vector(count, parameters, squares, lr=0.2, x_max=10.0, alpha=0.75):
    d = len(parameters[0])
    theta = np.concatenate([np.ravel(p) for p in parameters]).astype(float)
    sums = np.concatenate([np.ravel(s) for s in squares]).astype(float)
    partner = np.concatenate([theta[d : 2 * d], theta[:d], [1, 1]])
    error = theta[:d] @ theta[d : 2 * d] + theta[-2:].sum() - math.log(count)
    gradient = min((count / x_max) ** alpha, 1) * error * partner
    sums = sums + gradient**2
    theta = theta - lr * gradient / np.sqrt(sums)
    return [[a[:d], a[d : 2 * d], a[-2], a[-1]] for a in (theta, sums)]


def _changed(**kwargs):
    """Make an answer with another error, another epsilon or another order."""

    def answer(count, parameters, squares, lr=0.2, x_max=10.0, alpha=0.75):
        w, c, b, b_context = (np.asarray(p, dtype=float) for p in parameters)
        f = min((count / x_max), 1) ** alpha
        error = w @ c + b + b_context * kwargs.get("other", 1) - kwargs.get("log", math.log)(count)
        partner = (w, c, 1, 1) if kwargs.get("own") else (c, w, 1, 1)
        gradients = [f * error * np.asarray(p, dtype=float) for p in partner]
        sums = [np.asarray(s) + g**2 for s, g in zip(squares, gradients, strict=True)]
        epsilon = kwargs.get("epsilon", 0)
        new = [
            p - kwargs.get("lr", lr) * g / (np.sqrt(s) + epsilon)
            for p, g, s in zip((w, c, b, b_context), gradients, sums, strict=True)
        ]
        if kwargs.get("only_parameters"):
            return tuple(new)
        return (tuple(sums), tuple(new)) if kwargs.get("swapped") else (tuple(new), tuple(sums))

    return answer


def in_place(count, parameters, squares, lr=0.2, x_max=10.0, alpha=0.75):
    new, sums = one_long_vector(count, parameters, squares, lr, x_max, alpha)
    for k in (0, 1):
        parameters[k][:] = new[k]
    return new, sums


RIGHT = [loops, in_torch, one_long_vector]
WRONG = [
    (_changed(other=0), "the new w"),
    (_changed(log=math.log1p), "You fit log(1 + X)"),
    (_changed(log=math.log10), "the new w"),
    (_changed(own=True), "the *other* vector"),
    (_changed(epsilon=0.1), "the new w"),
    (_changed(lr=0.05), "the new w"),
    (_changed(only_parameters=True), "return two things"),
    (_changed(swapped=True), "the new w"),
    (in_place, "in place"),
]
SURVIVORS = {
    "pull = min(count / x_max, 1.0) ** alpha * error: min(count / x_max, 1.0) -> "
    "min(1.0, count / x_max)": "the smaller of two numbers has no order",
    "error = np.dot(w, w_context) + b + b_context - math.log(count): np.dot(w, w_context) -> "
    "np.dot(w_context, w)": "the dot product treats both vectors alike",
}
