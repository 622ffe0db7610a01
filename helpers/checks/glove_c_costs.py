"""Check of lesson 02, part C: what a pass over the data costs."""

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["COSTS"]

_ROWS = ("SGNS", "GloVe")
_COLUMNS = ("multiply-adds a pass", "bytes of the model", "bytes of the data")


def _costs(
    n_tokens, n_words, nnz, dim, window, negatives, *, reach=lambda r: r, outputs=1, matrices=2,
    biases=None, adagrad=2, number=4, cell=12, squared=False, both=False,
):  # fmt: skip
    """Add up what the task says; the keywords are the ways to get it wrong."""
    scores = 0
    for r in range(1, window + 1):  # Every reach is equally likely, on both sides of the centre.
        scores += n_tokens * 2 * reach(r) * (negatives + outputs) / window
    cells = n_words * n_words if squared else nnz
    if both:
        cells *= 1 + negatives
    model = sum(n_words * dim for _ in range(matrices))
    biases = n_words * (matrices if biases is None else biases)
    glove = (model + biases) * adagrad
    return np.array(
        [
            [scores * dim, number * model, 4 * n_tokens],
            [cells * dim, number * glove, cell * cells / (1 + negatives if both else 1)],
        ],
        dtype=float,
    )


_WITHIN = {"rtol": 1e-6, "atol": 1e-6}  # Figures in float32 are as good.


def _named(got, expected):
    problem = close(**_WITHIN)(got, expected)
    numbers = as_numbers(got)
    if problem is None or numbers is None or numbers.shape != expected.shape:
        return problem
    if numbers.dtype.kind == "c":
        return "the figures are complex numbers; sizes and counts are real"
    wrong = np.argwhere(~np.isclose(numbers.astype(float), expected, **_WITHIN))
    row, column = wrong[0]
    return (
        f"{len(wrong)} of 6 figures are not right, first {_ROWS[row]}, {_COLUMNS[column]}: "
        f"{numbers[row, column]:,.10g}, not {expected[row, column]:,.10g}"
    )


def _costs_cases(rng, hard):
    cases = [
        Case("window 1, one negative", (10, 3, 6, 2, 1, 1)),
        Case("window 3", (100, 7, 30, 4, 3, 2)),
        Case("window 2, no dimension is special", (50, 5, 21, 1, 2, 5)),
        Case("this corpus, roughly", (5_370_000, 28_926, 28_000_000, 100, 5, 5)),
        _random_costs(rng, "random sizes"),
    ]
    if hard:
        cases += [
            Case("six billion tokens", (6_000_000_000, 400_000, 9_000_000_000, 50, 10, 15)),
            _random_costs(rng, "other sizes"),
            _random_costs(rng, "and others"),
            Case("no cell at all", (5, 2, 0, 3, 4, 1)),
        ]
    return cases


def _random_costs(rng, name):
    words = int(rng.integers(5, 200))
    numbers = (rng.integers(1_000, 99_999), words, rng.integers(words, words**2))
    more = (rng.integers(2, 300), rng.integers(2, 15), rng.integers(2, 20))
    return Case(name, tuple(int(n) for n in (*numbers, *more)))


def _costs_mistake(**changed):
    return lambda *args: _costs(*args, **changed)


COSTS = Check(
    id="Q06-cost",
    title="What a pass costs",
    level=2,
    minutes=12,
    points=3,
    function="training_costs",
    make_cases=_costs_cases,
    oracle=_costs,
    compare=_named,
    misconceptions=(
        Misconception(
            "full windows",
            lambda *args: _costs(*args, reach=lambda r: args[4]),
            "You give every centre a full window. Word2vec draws the reach anew from 1 to "
            "`window`, each equally likely, so a centre has window + 1 contexts on average, not "
            "2 window.",
        ),
        Misconception(
            "window contexts a centre",
            lambda *args: _costs(*args, reach=lambda r: r * args[4] / (args[4] + 1)),
            "You give a centre `window` contexts. The mean of the reaches 1, 2, ..., window is "
            "(window + 1)/2, and there are two sides: window + 1.",
        ),
        Misconception(
            "mean reach rounded down",
            lambda *args: _costs(*args, reach=lambda r: (args[4] + 1) // 2),
            "For an even window you lose half a context on each side: `//` rounds down. The mean "
            "reach is (window + 1) / 2, with a fraction.",
        ),
        Misconception(
            "one side of the window",
            _costs_mistake(reach=lambda r: r / 2),
            "You count one side of the window. Contexts stand before and behind the centre.",
        ),
        Misconception(
            "the true word forgotten",
            _costs_mistake(outputs=0),
            "You score only the negatives. Each context is scored with the true word too: "
            "negatives + 1 scores.",
        ),
        Misconception(
            "one matrix",
            _costs_mistake(matrices=1),
            "You count one matrix. Both methods train two, one for words and one for contexts, and "
            "GloVe has a bias for each row of both.",
        ),
        Misconception(
            "AdaGrad's sums forgotten",
            _costs_mistake(adagrad=1),
            "GloVe's AdaGrad keeps one sum of squared gradients for every number that it trains, "
            "so its model takes twice its parameters.",
        ),
        Misconception(
            "biases forgotten",
            _costs_mistake(biases=0),
            "GloVe's biases are missing: one for each word and one for each context, each with its "
            "own AdaGrad sum.",
        ),
        Misconception(
            "half of the biases",  # The two ways to get there give the same bytes.
            _costs_mistake(biases=1),
            "Your biases take half of their bytes. There are two lists, one for words and one for "
            "contexts, and each bias has an AdaGrad sum of its own, as the vectors' numbers have.",
        ),
        Misconception(
            "double precision",
            _costs_mistake(number=8),
            "You count 8 bytes a number; the vectors are float32, 4 bytes each.",
        ),
        Misconception(
            "all cells",
            _costs_mistake(squared=True),
            "You let GloVe visit every cell of the table. It visits the non-zero ones only: `nnz`.",
        ),
        Misconception(
            "negatives for GloVe",
            _costs_mistake(both=True),
            "GloVe draws no negatives: a cell is scored once a pass.",
        ),
        Misconception(
            "counts without places",
            _costs_mistake(cell=4),
            "You store the counts alone. A cell of a sparse table also needs its row and its "
            "column: three numbers of 4 bytes.",
        ),
    ),
)
