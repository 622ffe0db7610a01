"""Check of lesson 02, part B: GloVe's loss over a list of cells."""

import math

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q05_LOSS"]


def _oracle(cells, model, x_max=10.0, alpha=0.75):
    """Visit the cells one after another, in plain Python."""
    words, contexts, word_biases, context_biases = model
    terms = []
    for i, j, x in zip(*cells, strict=True):
        if x > 0:
            score = math.fsum(
                float(a) * float(b) for a, b in zip(words[i], contexts[j], strict=True)
            )
            error = score + float(word_biases[i]) + float(context_biases[j]) - math.log(x)
            terms.append(min(float(x) / x_max, 1.0) ** alpha * error**2)
    return math.fsum(terms)


def _model(rng, n, m, d, scale=0.5, dtype=np.float64):
    shapes = ((n, d), (m, d), (n,), (m,))
    return tuple(rng.normal(0, scale, shape).astype(dtype) for shape in shapes)


def _cells(rng, n, m, how_many, low=-1.5, high=3.0):
    places = rng.permutation(n * m)[:how_many]
    return places // m, places % m, 10.0 ** rng.uniform(low, high, how_many)


def _cases(rng, hard):
    one = (np.array([[1.0, 2.0]]), np.array([[0.5, 0.5]]), np.array([0.1]), np.array([0.2]))
    cell = np.array([0])
    rows, columns, counts = _cells(rng, 4, 4, 6)
    with_zeros = counts.copy()
    with_zeros[[1, 4]] = 0.0
    cases = [
        Case("one cell, X = 1", ((cell, cell, np.array([1.0])), one)),
        Case("one cell, X = 20", ((cell, cell, np.array([20.0])), one)),
        Case("one cell, X = 0.2", ((cell, cell, np.array([0.2])), one)),
        Case("a stored zero", ((cell, cell, np.array([0.0])), one)),
        Case("no cell", ((cell[:0], cell[:0], np.zeros(0)), one)),
        Case("no cell, as lists", (([], [], []), one)),
        Case("three words", (_cells(rng, 3, 3, 5), _model(rng, 3, 3, 2))),
        Case("zeros among the cells", ((rows, columns, with_zeros), _model(rng, 4, 4, 3))),
        Case("whole numbers", ((rows, columns, np.array([1, 2, 3, 5, 10, 40])),
                               _model(rng, 4, 4, 3))),
        Case("x_max = 100, alpha = 0.5", (_cells(rng, 5, 5, 12), _model(rng, 5, 5, 3)),
             {"x_max": 100.0, "alpha": 0.5}),
        Case("all cells of a table", (_cells(rng, 6, 6, 36), _model(rng, 6, 6, 4))),
    ]  # fmt: skip
    if hard:
        cases += [
            Case("more contexts than words", (_cells(rng, 3, 7, 15), _model(rng, 3, 7, 2))),
            Case("float32", (_cells(rng, 5, 5, 9), _model(rng, 5, 5, 4, dtype=np.float32))),
            Case("lists of cells", (tuple(part.tolist() for part in _cells(rng, 4, 4, 7)),
                                    _model(rng, 4, 4, 2))),
            Case("huge counts", (_cells(rng, 5, 5, 10, 3, 7), _model(rng, 5, 5, 3))),
            Case("a thousand cells", (_cells(rng, 60, 60, 1000), _model(rng, 60, 60, 5))),
        ]  # fmt: skip
    return cases


def _variant(
    *, factor=1.0, mean=False, guard="mask", shift=0.0, swap=False, one_matrix=False,
    no_biases=False, inside=False, cap=True, weight=True, fixed=None, least=0.0, log=np.log,
    power=2, exchanged=False,
):  # fmt: skip
    """Make a loss with one thing changed."""

    def glove_loss(cells, model, x_max=10.0, alpha=0.75):
        i, j, x = (np.asarray(part) for part in cells)
        i, j, x = i.astype(int), j.astype(int), x.astype(np.float64)
        w, c, b, b_context = (np.asarray(a, dtype=np.float64) for a in model)
        if guard == "mask":
            there = x > least
            i, j, x = i[there], j[there], x[there]
        if exchanged:
            i, j = j, i
        with np.errstate(all="ignore"):
            partner = w if one_matrix else c
            error = np.einsum("nd,nd->n", w[i], partner[j]) - log(x + shift)
            if not no_biases:
                error = error + (b[j] + b_context[i] if swap else b[i] + b_context[j])
            ratio = x / (fixed or x_max)
            f = (np.minimum(ratio, 1) if cap else ratio) ** alpha if weight else np.ones(len(x))
            terms = (f * error) ** 2 if inside else f * np.abs(error) ** power
        total = terms.mean() if mean and len(x) else terms.sum()
        return float(factor * total)

    return glove_loss


def _untyped(cells, model, x_max=10.0, alpha=0.75):
    """Take an empty list for indices as NumPy does: as floats, which raises IndexError."""
    for ids, biases in zip(cells[:2], model[2:], strict=True):
        np.asarray(biases)[np.asarray(ids)]
    return _oracle(cells, model, x_max, alpha)


Q05_LOSS = Check(
    id="Q05-loss",
    title="GloVe's loss over a list of cells",
    level=2,
    minutes=15,
    points=3,
    function="glove_loss",
    make_cases=_cases,
    oracle=_oracle,
    compare=close(rtol=1e-5, atol=1e-9),
    misconceptions=(
        Misconception(
            "logarithm of a stored zero",
            _variant(guard="none"),
            "A stored zero makes the whole sum NaN: log 0 is -inf, and 0 times infinity is not a "
            "number in floating point. The limit is 0; leave such cells out before the logarithm.",
        ),
        Misconception(
            "log of X + 1",
            _variant(guard="none", shift=1.0),
            "You fit log(X + 1), which avoids log 0 at the price of another target: for X = 0.2 "
            "that is +.18 where log X is -1.61. Leave out the zeros and keep log X.",
        ),
        Misconception(
            "counts below 1 dropped",
            _variant(least=1.0 - 1e-12),
            "You keep only counts of at least 1. With 1/m weights a cell may hold 0.2; its "
            "logarithm is negative and counts like any other. Keep everything above 0.",
        ),
        Misconception(
            "half of it",
            _variant(factor=0.5),
            "This is half of the loss. A factor 1/2 makes gradients tidy, but equation 8 of the "
            "paper has none, and here the sum itself is asked for.",
        ),
        Misconception(
            "mean instead of sum",
            _variant(mean=True),
            "You return the mean over the cells. The loss is their sum; divide by the number of "
            "cells only when you compare matrices of different size.",
        ),
        Misconception(
            "biases exchanged",
            _variant(swap=True),
            "The biases are looked up with each other's ids. The word's bias goes with the row, "
            "the context's with the column: `b[rows] + b_context[columns]`.",
        ),
        Misconception(
            "rows and columns exchanged",
            _variant(exchanged=True),
            "Rows and columns are exchanged throughout: `cells` holds first the word's id, which "
            "looks into the first matrix, then the context's, which looks into the second.",
        ),
        Misconception(
            "logarithm to base 10",
            _variant(log=np.log10),
            "You take logarithms to base 10. The paper's log X is the natural one: `np.log`.",
        ),
        Misconception(
            "an empty list of ids",
            _untyped,
            "All is right but the empty list: `np.asarray([])` holds floats, and floats are no "
            "indices. Say what it should hold: `np.asarray(ids, dtype=int)`.",
        ),
        Misconception(
            "one matrix for both",
            _variant(one_matrix=True),
            "Both vectors come from the first matrix. A context has a vector of its own: row "
            "`columns` of the second matrix.",
        ),
        Misconception(
            "biases left out",
            _variant(no_biases=True),
            "The biases are missing. Without them the dot product alone must reach log X, "
            "and the frequencies of both words land in the vectors.",
        ),
        Misconception(
            "weight squared",
            _variant(inside=True),
            "You square the weight as well. f stands outside: f times the squared error, not the "
            "square of f times the error.",
        ),
        Misconception(
            "no cap",
            _variant(cap=False),
            "The weight of large counts goes beyond 1. f is min((X / x_max)^alpha, 1): "
            "`np.minimum(counts / x_max, 1) ** alpha`.",
        ),
        Misconception(
            "unweighted",
            _variant(weight=False),
            "Every cell has weight 1 here. Multiply each squared error with f(X).",
        ),
        Misconception(
            "x_max of the paper",
            _variant(fixed=100.0),
            "x_max is 100 whatever is asked for. The paper's value is for billions of words; "
            "use the argument.",
        ),
        Misconception(
            "absolute error",
            _variant(power=1),
            "You sum absolute errors. It is least squares: each error counts with its square.",
        ),
    ),
)
