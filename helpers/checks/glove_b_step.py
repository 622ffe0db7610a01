"""Check of lesson 02, part B: one AdaGrad step of GloVe."""

import math

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_ADAGRAD"]

_PARTS = ("w", "the context vector", "b", "the context bias")
_numbers = close(rtol=1e-5, atol=1e-7)


def _half_cost(count, w, c, b, b_context, x_max, alpha):
    error = math.fsum(float(p) * float(q) for p, q in zip(w, c, strict=True))
    error += float(b) + float(b_context) - math.log(count)
    return 0.5 * min(count / x_max, 1.0) ** alpha * error**2


def _oracle(count, parameters, squares, lr=0.2, x_max=10.0, alpha=0.75):
    """Differentiate half the cost by each number in turn; then add the square, then step."""
    old = [np.asarray(p, dtype=np.float64) for p in parameters]
    new, sums = [], []
    for k, values in enumerate(old):
        gradient = np.zeros(values.shape)
        for place in np.ndindex(values.shape):
            # The cost is a parabola in each number, so a central difference is exact for any
            # step; a large one keeps rounding small.
            step = 1.0
            ends = []
            for sign in (1, -1):
                moved = [a.copy() for a in old]
                moved[k][place] += sign * step
                ends.append(_half_cost(count, *moved, x_max, alpha))
            gradient[place] = (ends[0] - ends[1]) / (2 * step)
        sums.append(np.asarray(squares[k], dtype=np.float64) + gradient**2)
        new.append(values - lr * gradient / np.sqrt(sums[k]))
    return tuple(new), tuple(sums)


def _compare(got, expected):
    if not isinstance(got, list | tuple) or len(got) != 2:
        return "return two things: the new parameters and the new sums of squares"
    for what, mine, wanted in zip(("the new", "the squares of"), got, expected, strict=True):
        if not isinstance(mine, list | tuple) or len(mine) != 4:
            return "each of the two returned things should be a tuple of four, in the old order"
        for name, part, right in zip(_PARTS, mine, wanted, strict=True):
            problem = _numbers(part, right)
            if problem is not None:
                return f"{what} {name}: {problem}"
    return None


def _case(rng, name, count, d=2, scale=0.7, dtype=np.float64, ones=False, **settings):
    parameters = (
        rng.normal(0, scale, d).astype(dtype), rng.normal(0, scale, d).astype(dtype),
        float(rng.normal(0, scale)), float(rng.normal(0, scale)),
    )  # fmt: skip
    squares = (
        (1 + 9 * rng.random(d)).astype(dtype), (1 + 9 * rng.random(d)).astype(dtype),
        float(1 + 9 * rng.random()), float(1 + 9 * rng.random()),
    )  # fmt: skip
    if ones:
        squares = (np.ones(d), np.ones(d), 1.0, 1.0)
    return Case(name, (count, parameters, squares), settings)


def _cases(rng, hard):
    cases = [
        Case("one dimension, X = 10",
             (10.0, (np.array([1.0]), np.array([0.5]), 0.0, 0.0),
              (np.ones(1), np.ones(1), 1.0, 1.0)), {"lr": 0.1}),
        _case(rng, "the first step, all sums 1", 3.0, ones=True),
        _case(rng, "a later step", 3.0),
        _case(rng, "X above x_max", 400.0),
        _case(rng, "X below 1", 0.2),
        _case(rng, "a large rate", 25.0, d=3, lr=1.0),
        _case(rng, "other settings", 5.0, d=4, x_max=100.0, alpha=0.5, lr=0.2),
    ]  # fmt: skip
    zero = (np.zeros(2), np.zeros(2), 0.0, 0.0)
    cases.append(Case("vectors of zeros", (7.0, zero, (np.ones(2), np.ones(2), 1.0, 1.0))))
    if hard:
        cases += [
            _case(rng, "ten dimensions", 0.1, d=10),
            _case(rng, "float32", 12.0, d=5, dtype=np.float32),
            _case(rng, "a whole number for a count", 4, d=3),
            _case(rng, "an enormous count", 1e6, d=3),
            _case(rng, "wide vectors", 2.0, d=3, scale=5.0),
        ]
    return cases


def _variant(
    *, first_w=False, step_first=False, factor=1.0, replace=False, root=True, sign=1.0,
    weight=True, squares_without_f=False, plain_biases=False, biases=True, per_vector=False,
    keep=False, rate_inside=False, log=np.log, own=False, cap=True,
):  # fmt: skip
    """Make a step with one thing changed."""

    def adagrad_step(count, parameters, squares, lr=0.2, x_max=10.0, alpha=0.75):
        w, c, b, b_context = (np.asarray(p, dtype=np.float64) for p in parameters)
        ratio = min(count / x_max, 1.0) if cap else count / x_max
        f = ratio**alpha if weight else 1.0
        pull = factor * f * (w @ c + b + b_context - log(count)) * sign
        old, sums = [w, c, b, b_context], [np.asarray(s, dtype=np.float64) for s in squares]
        new, after = [], []
        for k, value in enumerate(old):
            other = (c, new[0] if first_w and new else w, 1.0, 1.0)[k]
            other = value if own and k < 2 else other
            gradient = pull * np.asarray(other) if biases or k < 2 else np.zeros(())
            seen = gradient / f if squares_without_f else gradient
            seen = lr * gradient if rate_inside else seen
            if per_vector:
                seen = np.full(value.shape, np.sqrt(np.sum(gradient**2)))
            added = seen**2 if replace else sums[k] + seen**2
            scale = sums[k] if step_first else added
            scale = np.sqrt(scale) if root else scale
            if plain_biases and k >= 2:
                scale, added = 1.0, sums[k]
            new.append(value - lr * gradient / scale)
            after.append(sums[k] if keep else added)
        return tuple(new), tuple(after)

    return adagrad_step


X_ADAGRAD = Check(
    id="X-adagrad",
    title="One AdaGrad step of GloVe",
    level=2,
    minutes=20,
    points=4,
    function="adagrad_step",
    make_cases=_cases,
    oracle=_oracle,
    compare=_compare,
    misconceptions=(
        Misconception(
            "context steps from the new word vector",
            _variant(first_w=True),
            "The context vector steps from the *new* w. All four gradients are taken at the old "
            "values: compute them first, then change anything.",
        ),
        Misconception(
            "sum without this step",
            _variant(step_first=True),
            "You divide by the sum as it was and add the square afterwards (the program of GloVe's "
            "authors also adds afterwards). Here, as in AdaGrad's paper, the sum grows first.",
        ),
        Misconception(
            "rate inside the sums",
            _variant(step_first=True, rate_inside=True),
            "This is the step of the program that GloVe's authors released: it adds the square of "
            "rate times gradient, and after the step. Here the sum holds plain gradients, and it "
            "grows before the step.",
        ),
        Misconception(
            "rate inside the sums, which grow first",
            _variant(rate_inside=True),
            "Your sums hold the square of rate times gradient. The rate is no part of them: add "
            "the square of the gradient alone, and multiply with lr only in the step.",
        ),
        Misconception(
            "own vector for the gradient",
            _variant(own=True),
            "Each vector is its own gradient in your answer. The derivative of w . c by w is c, "
            "and by c it is w: multiply f times the error with the *other* vector.",
        ),
        Misconception(
            "no cap",
            _variant(cap=False),
            "The weight of a count above x_max goes beyond 1. f is min(X / x_max, 1)^alpha: cap "
            "the ratio before you raise it.",
        ),
        Misconception(
            "log(1 + X)",
            _variant(log=np.log1p),
            "You fit log(1 + X). GloVe fits log X itself: counts below 1 have a negative "
            "logarithm, and no count here is 0.",
        ),
        Misconception(
            "gradient of the whole square",
            _variant(factor=2.0),
            "Your gradients are twice as large: those of f e^2. By the convention here they "
            "are those of half of it: f e times the other vector.",
        ),
        Misconception(
            "sum replaced",
            _variant(replace=True),
            "The old sums are lost: the squared gradient must be *added* to them. AdaGrad "
            "remembers all steps, that is how a frequent word slows down.",
        ),
        Misconception(
            "sums kept as they were",
            _variant(keep=True),
            "The step is right, but the sums come back as they were. Add the squared gradients "
            "of this step, or the rate never falls.",
        ),
        Misconception(
            "root forgotten",
            _variant(root=False),
            "You divide by the sum itself. AdaGrad divides by its square root, so that the "
            "step has no unit: gradient over typical size of the gradient.",
        ),
        Misconception(
            "uphill",
            _variant(sign=-1.0),
            "The step goes uphill: the cost grows. Subtract lr times the gradient, with the "
            "error w.c + b + b' - log X (model minus target).",
        ),
        Misconception(
            "weight left out",
            _variant(weight=False),
            "The weight f(X) is missing from the gradients: a cell with X = 0.2 pulls as hard "
            "as one with X = 400.",
        ),
        Misconception(
            "squares without the weight",
            _variant(squares_without_f=True),
            "The step is right, but you add the squares of gradients without f(X). What is "
            "summed is the square of the very gradient that made the step.",
        ),
        Misconception(
            "biases without AdaGrad",
            _variant(plain_biases=True),
            "The biases take a plain step. They are parameters like any other and have sums of "
            "their own: the third and fourth of `squares`.",
        ),
        Misconception(
            "biases frozen",
            _variant(biases=False),
            "The biases do not move. The derivative of the error by a bias is 1, so their "
            "gradient is f(X) times the error.",
        ),
        Misconception(
            "one sum for a vector",
            _variant(per_vector=True),
            "You add the squared length of the gradient to every coordinate. AdaGrad keeps one "
            "sum for each number: square each entry by itself.",
        ),
    ),
)
