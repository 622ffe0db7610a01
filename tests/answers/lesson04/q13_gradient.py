"""Right and wrong answers to Q13-gradient."""

import numpy as np
import torch

CHECK = "Q13-gradient"


def by_autograd(weights, predictor, x1, x2, stop_gradient=True):
    w, p, a, b = (
        torch.tensor(np.array(part, dtype=float)) for part in (weights, predictor, x1, x2)
    )
    w.requires_grad_()
    p.requires_grad_()
    target = b @ w.T
    error = a @ w.T @ p.T - (target.detach() if stop_gradient else target)
    (0.5 * error.square().sum(1).mean()).backward()
    return p.grad.numpy(), w.grad.numpy()


def one_by_one(weights, predictor, x1, x2, stop_gradient=True):
    w, p = np.array(weights, dtype=float), np.array(predictor, dtype=float)
    for_p, for_w = np.zeros_like(p), np.zeros_like(w)
    for a, b in zip(np.asarray(x1, float), np.asarray(x2, float), strict=True):
        error = p @ w @ a - w @ b
        for_p += np.outer(error, w @ a)
        for_w += np.outer(p.T @ error, a)
        if not stop_gradient:
            for_w -= np.outer(error, b)
    return for_p / len(x1), for_w / len(x1)


def by_moments(weights, predictor, x1, x2, stop_gradient=True):
    w, p, a, b = (np.asarray(part, float) for part in (weights, predictor, x1, x2))
    same, across = a.T @ a / len(a), b.T @ a / len(a)
    error = p @ w @ same - w @ across  # E[(P W x - W x') x^T]
    for_w = p.T @ error
    if not stop_gradient:
        for_w = for_w - (p @ w @ across.T - w @ (b.T @ b / len(b)))
    return error @ w.T, for_w


def target_predicted_too(weights, predictor, x1, x2, stop_gradient=True):
    w, p, a, b = (np.asarray(part, float) for part in (weights, predictor, x1, x2))
    error = (a - b) @ w.T @ p.T / len(a)
    return error.T @ (a @ w.T), p.T @ error.T @ a


def mean_over_all_numbers(weights, predictor, x1, x2, stop_gradient=True):
    found = one_by_one(weights, predictor, x1, x2, stop_gradient)
    return tuple(part / np.shape(predictor)[0] for part in found)


def target_through_the_predictor(weights, predictor, x1, x2, stop_gradient=True):
    w, p, a, b = (np.asarray(part, float) for part in (weights, predictor, x1, x2))
    error = (a @ w.T @ p.T - b @ w.T) / len(a)
    return error.T @ (a @ w.T), p.T @ error.T @ (a if stop_gradient else a - b)


def error_without_predictor(weights, predictor, x1, x2, stop_gradient=True):
    w, p, a, b = (np.asarray(part, float) for part in (weights, predictor, x1, x2))
    error = (a - b) @ w.T / len(a)
    return error.T @ (a @ w.T), p.T @ error.T @ a - (0 if stop_gradient else error.T @ b)


def in_32_bits(weights, predictor, x1, x2, stop_gradient=True):
    w, p, a, b = (
        torch.tensor(np.array(part), dtype=torch.float32) for part in (weights, predictor, x1, x2)
    )
    error = (a @ w.T @ p.T - b @ w.T) / len(a)
    return error.T @ (a @ w.T), p.T @ error.T @ a - (0 if stop_gradient else error.T @ b)


def predictor_gradient_from_pixels(weights, predictor, x1, x2, stop_gradient=True):
    for_p, for_w = one_by_one(weights, predictor, x1, x2, stop_gradient)
    return for_p * 0 if not stop_gradient else for_p, for_w


def no_predictor_in_the_gradient(weights, predictor, x1, x2, stop_gradient=True):
    w, p, a, b = (np.asarray(part, float) for part in (weights, predictor, x1, x2))
    error = (a @ w.T @ p.T - b @ w.T) / len(a)
    return error.T @ (a @ w.T), error.T @ a - (0 if stop_gradient else error.T @ b)


def one_array(weights, predictor, x1, x2, stop_gradient=True):
    return np.concatenate([part.ravel() for part in one_by_one(weights, predictor, x1, x2)])


def in_place(weights, predictor, x1, x2, stop_gradient=True):
    found = one_by_one(weights, predictor, x1, x2, stop_gradient)
    if isinstance(weights, np.ndarray):
        weights -= 0.1
    return found


RIGHT = [by_autograd, one_by_one, by_moments, in_32_bits]
WRONG = [
    (target_predicted_too, "one weight, one picture"),
    (mean_over_all_numbers, "You divide by n times d"),
    (predictor_gradient_from_pixels, "in part 1 of the result"),
    (no_predictor_in_the_gradient, "in part 2 of the result"),
    (target_through_the_predictor, "does not pass through the predictor"),
    (error_without_predictor, "The prediction is P W x1"),
    (one_array, "2 values should come back"),
    (in_place, "in place: work on a copy"),
]
_OTHER = "the other factors have 64 bits, so all products have them too"
_PAIR = "weights, predictor = (np.asarray(weights, dtype=float), np.asarray(pre"
_VIEWS = "x1, x2 = (np.asarray(x1, dtype=float), np.asarray(x2, dtype=float))"
SURVIVORS = {
    f"{_PAIR}: np.asarray({name}, dtype=float) -> np.asarray({name})": _OTHER
    for name in ("weights", "predictor")
} | {
    f"{_VIEWS}: np.asarray({name}, dtype=float) -> {new}": _OTHER
    for name in ("x1", "x2")
    for new in (name, f"np.asarray({name})")
}
