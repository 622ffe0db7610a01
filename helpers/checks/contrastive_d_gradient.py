"""Check of lesson 04, part D: the gradients of a linear BYOL, with and without stop-gradient."""

import numpy as np

from helpers.checks.comparing import close, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q13_GRADIENT"]


def _oracle(weights, predictor, x1, x2, stop_gradient=True):
    """Central differences of the loss, which is quadratic in each single entry."""
    w0, p0, x1, x2 = (
        np.asarray(part, dtype=np.float64) for part in (weights, predictor, x1, x2)
    )  # fmt: skip

    def loss(w, p):
        target = x2 @ (w0 if stop_gradient else w).T
        return 0.5 * np.square(x1 @ w.T @ p.T - target).sum(axis=1).mean()

    def differences(which):
        start = (w0, p0)[which]
        found = np.zeros_like(start)
        for place in np.ndindex(start.shape):
            values = []
            for step in (0.01, -0.01):
                moved = [w0.copy(), p0.copy()]
                moved[which][place] += step
                values.append(loss(*moved))
            found[place] = (values[0] - values[1]) / 0.02
        return found

    return differences(1), differences(0)


def _network(rng, n, d, width, scale=1.0):
    x = rng.normal(size=(n, width))
    views = (x + 0.5 * rng.normal(size=(n, width)) for _ in range(2))
    return scale * rng.normal(size=(d, width)), 0.6 * rng.normal(size=(d, d)), *views


def _cases(rng, hard):
    one = np.array([[0.5]]), np.array([[0.4]]), np.array([[2.0]]), np.array([[1.0]])
    zero = _network(rng, 4, 2, 3, scale=0.0)
    plain = _network(rng, 5, 2, 2)
    identity = (plain[0], np.eye(2), *plain[2:])
    free = {"stop_gradient": False}
    cases = [
        Case("one weight, one picture", one),
        Case("one weight, no stop-gradient", one, free),
        Case("all weights 0", zero),
        Case("all weights 0, no stop-gradient", zero, free),
        Case("a predictor that changes nothing", identity),
        Case("two of three", _network(rng, 5, 2, 3)),
        Case("two of three, no stop-gradient", _network(rng, 5, 2, 3), free),
        Case("three of two", _network(rng, 4, 3, 2), free),
        Case("lists", tuple(part.tolist() for part in _network(rng, 3, 2, 2))),
    ]
    if hard:
        whole = tuple(rng.integers(-3, 4, shape) for shape in ((2, 3), (2, 2), (4, 3), (4, 3)))
        short = tuple(part.astype(np.float32) for part in _network(rng, 6, 3, 4))
        wide = _network(rng, 12, 3, 4)
        cases += [
            Case("whole numbers", whole, free),
            Case("float32", short),
            Case("every other picture", (*wide[:2], wide[2][::2], wide[3][::2]), free),
            Case("equal views", (*wide[:3], wide[2])),
            Case("thirty pictures", _network(rng, 30, 2, 3), free),
        ]
    return cases


def _variant(
    *, stopped="by flag", sign=1.0, reduce="mean", factor=1.0, turned=True, order=(0, 1),
    through="prediction", symmetric=False, transposed=False, target_sign=-1.0, term="x2",
    predicted=True, p_changed=False,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def gradients(weights, predictor, x1, x2, stop_gradient=True):
        w, p, x1, x2 = (
            np.asarray(part, dtype=np.float64) for part in (weights, predictor, x1, x2)
        )  # fmt: skip
        stop = {
            "by flag": stop_gradient, "always": True, "never": False, "reversed": not stop_gradient
        }[stopped]  # fmt: skip
        found = [np.zeros_like(p), np.zeros_like(w)]
        for one, other in ((x1, x2), (x2, x1))[: 1 + symmetric]:
            error = sign * (one @ w.T @ (p.T if predicted else np.eye(len(p))) - other @ w.T)
            counted = {"mean": len(x1), "sum": 1, "all": len(x1) * len(p)}[reduce]
            scale = factor / counted / (1 + symmetric)
            found[0] += scale * error.T @ (one @ w.T)
            if through == "prediction":
                found[1] += scale * (error @ (p if turned else p.T)).T @ one
            if not stop or through == "target":
                back = p.T @ error.T if term == "through P" else error.T
                found[1] += scale * target_sign * back @ (one if term == "x1" else other)
                if p_changed:
                    found[0] += scale * target_sign * error.T @ (other @ w.T)
        if transposed:
            found = [part.T for part in found]
        return found[order[0]], found[order[1]]

    return gradients


def _unconverted(weights, predictor, x1, x2, stop_gradient=True):
    if isinstance(weights, list):
        raise AttributeError("'list' object has no attribute 'T'")
    return _variant()(weights, predictor, x1, x2, stop_gradient)


Q13_GRADIENT = Check(
    id="Q13-gradient",
    title="What stop-gradient takes away",
    level=3,
    minutes=30,
    points=4,
    function="byol_gradients",
    make_cases=_cases,
    oracle=_oracle,
    compare=structure(close(rtol=1e-5, atol=1e-6), close(rtol=1e-5, atol=1e-6)),
    misconceptions=(
        Misconception(
            "always stopped",
            _variant(stopped="always"),
            "You never send a gradient through the target. With `stop_gradient=False` W also "
            "stands in W x2, which adds a second term.",
        ),
        Misconception(
            "never stopped",
            _variant(stopped="never"),
            "You always send a gradient through the target. With `stop_gradient=True` the target "
            "W x2 is a given number: leave its term out.",
        ),
        Misconception(
            "flag reversed",
            _variant(stopped="reversed"),
            "The two cases are exchanged: STOP means that the target's term is left out.",
        ),
        Misconception(
            "gradient through the target only",
            _variant(through="target"),
            "You stop the wrong side: the gradient goes through the prediction P W x1, and with "
            "`stop_gradient=True` through nothing else.",
        ),
        Misconception(
            "sign reversed",
            _variant(sign=-1.0),
            "All signs are reversed: the error is prediction minus target, P W x1 - W x2.",
        ),
        Misconception(
            "sign of the target's term",
            _variant(target_sign=1.0),
            "The target enters the error with a minus, so its term is SUBTRACTED.",
        ),
        Misconception(
            "target sent through the predictor",
            _variant(term="through P"),
            "The target does not pass through the predictor: its term has no P in front.",
        ),
        Misconception(
            "target's term with the first view",
            _variant(term="x1"),
            "The target is W x2, so its term is the error times x2, not x1.",
        ),
        Misconception(
            "error without the predictor",
            _variant(predicted=False),
            "Your error is W x1 - W x2. The prediction is P W x1: the predictor belongs in it.",
        ),
        Misconception(
            "predictor's gradient changes too",
            _variant(p_changed=True),
            "Without stop-gradient only W gets a second term. P does not stand in the target, so "
            "its gradient is the same either way.",
        ),
        Misconception(
            "mean over all numbers",
            _variant(reduce="all"),
            "You divide by n times d, as a mean over all numbers does. The loss is a mean over the "
            "n pictures of squared LENGTHS: divide by n only.",
        ),
        Misconception(
            "sum instead of mean",
            _variant(reduce="sum"),
            "You sum over the pictures; the loss is their mean: divide by n.",
        ),
        Misconception(
            "factor 2",
            _variant(factor=2.0),
            "Everything is twice as large: the loss has a factor of one half, which cancels the 2 "
            "of the square.",
        ),
        Misconception(
            "predictor not transposed",
            _variant(turned=False),
            "For W the error must go back through the predictor: multiply it by P TRANSPOSED, as "
            "in backpropagation.",
        ),
        Misconception(
            "order reversed",
            _variant(order=(1, 0)),
            "The order is reversed: first the gradient of the predictor P, then of the weights W.",
        ),
        Misconception(
            "both ways",
            _variant(symmetric=True),
            "You average over both directions, as BYOL does in practice. Here only x1 predicts x2.",
        ),
        Misconception(
            "transposed",
            _variant(transposed=True),
            "Both results are transposed. A gradient has the shape of what it changes: (d, d) for "
            "P and (d, D) for W.",
        ),
        Misconception(
            "lists not accepted",
            _unconverted,
            "Lists come in as well: turn all four into arrays first, with `np.asarray(..., "
            "dtype=float)`.",
        ),
    ),
)
