"""Checks of lesson 02, part B: why two matrices, and the conclusions of Q05."""

import numpy as np
from scipy.linalg import polar

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Conclusions, Misconception
from helpers.checks.running import Case
from helpers.checks.serial import from_plain

__all__ = ["Q05_CONCLUSIONS", "Q05_SHARED"]


def _centred(table):
    """Subtract row means and column means and add the grand mean, number by number."""
    n = len(table)
    rows = [sum(map(float, row)) / n for row in table]
    columns = [sum(float(row[j]) for row in table) / n for j in range(n)]
    grand = sum(rows) / n
    return np.array(
        [[float(table[i][j]) - rows[i] - columns[j] + grand for j in range(n)] for i in range(n)]
    )


def _oracle(log_counts):
    """Take the positive part from the polar decomposition A = U P: A = (A + P) / 2 + (A - P) / 2.

    P is the root of A A, so (P - A) / 2 has the negative eigenvalues, made positive.
    """
    table = _centred(log_counts)
    if np.abs(table).max() < 1e-9:
        return 0.0
    _, root = polar(table)
    return float((((root - table) / 2) ** 2).sum() / (table**2).sum())


def _symmetric(rng, n, scale=2.0, low=0.0):
    table = rng.normal(0, scale, (n, n))
    return low + table + table.T


def _gram(rng, n, d, sign=1.0):
    w, b = rng.normal(0, 1, (n, d)), rng.normal(0, 2, n)
    return sign * (w @ w.T) + b[:, None] + b


def _cases(rng, hard):
    swap = np.array([[0.0, 3.0], [3.0, 0.0]])
    cases = [
        Case("two words that meet each other only", (swap,)),
        Case("two words that meet themselves only", (np.array([[3.0, 0.0], [0.0, 3.0]]),)),
        Case("biases only: b_i + b_j", (_gram(rng, 6, 1, 0.0),)),
        Case("w_i . w_j + b_i + b_j", (_gram(rng, 5, 2),)),
        Case("its negative", (_gram(rng, 5, 2, -1.0),)),
        Case(
            "two words that meet each other, and one that meets all alike",
            (np.array([[3.0, 7.0, 5.0], [7.0, 3.0, 5.0], [5.0, 5.0, 5.0]]),),
        ),
        Case("a random table", (_symmetric(rng, 4),)),
        Case("a table far above 0", (_symmetric(rng, 6, 1.0, 8.0),)),
        Case("whole numbers", (np.array([[1, 4, 2], [4, 0, 3], [2, 3, 7]]),)),
        Case("a list of lists", ([[2.0, 1.0, 0.0], [1.0, 5.0, 1.0], [0.0, 1.0, -3.0]],)),
    ]
    if hard:
        cases += [
            Case("one word", (np.array([[2.5]]),)),
            Case("all cells alike", (np.full((4, 4), 3.7),)),
            Case("forty words", (_symmetric(rng, 40),)),
            Case("float32", (_symmetric(rng, 8).astype(np.float32),)),
            Case("small numbers", (_symmetric(rng, 6, 1e-3),)),
            Case("a view", (_symmetric(rng, 12)[::2, ::2],)),
        ]
    return cases


def _both(table):
    return table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()


def _variant(centre=_both, share=None, tiny=1e-9):
    """Make an answer with another centring or another share."""

    def unreachable_share(log_counts):
        table = centre(np.asarray(log_counts, dtype=np.float64))
        if np.abs(table).max() < tiny:
            return 0.0
        values = np.linalg.eigvalsh(table)  # Of a table that is not symmetric: its lower half.
        if share is not None:
            return float(share(values))
        return float((values[values < 0] ** 2).sum() / (values**2).sum())

    return unreachable_share


def _of_the_uncentred(log_counts):
    table = np.asarray(log_counts, dtype=np.float64)
    values = np.linalg.eigvalsh(_both(table))
    if np.abs(_both(table)).max() < 1e-9:
        return 0.0
    return float((values[values < 0] ** 2).sum() / (table**2).sum())


_NOISE = "noise over noise"


class _SharedCheck(Check):
    """A check that knows noise when it sees it.

    What rounding divided by rounding gives depends on the order of the operations and on the
    precision, so no stored answer can reproduce it: any number will do.
    """

    def _explains(self, held, case, record):
        if held.name == _NOISE and np.abs(_centred(*case.args)).max() < 1e-9:
            numbers = as_numbers(from_plain(record["output"])) if "output" in record else None
            return numbers is not None and numbers.ndim == 0
        return super()._explains(held, case, record)


Q05_SHARED = _SharedCheck(
    id="Q05-shared",
    title="What one matrix cannot reach",
    level=3,
    minutes=20,
    points=4,
    function="unreachable_share",
    make_cases=_cases,
    oracle=_oracle,
    compare=close(rtol=1e-4, atol=1e-6),
    misconceptions=(
        Misconception(
            "not centred",
            _variant(centre=lambda table: table),
            "You took the table as it is. Its large common part is what the biases fit; subtract "
            "the row means and the column means and add the mean of all, then look at the rest.",
        ),
        Misconception(
            "only the grand mean subtracted",
            _variant(centre=lambda table: table - table.mean()),
            "You subtracted one number from all cells. Each word has a bias of its own: subtract "
            "row means and column means, and add the mean of all.",
        ),
        Misconception(
            "grand mean not added back",
            _variant(centre=lambda t: t - t.mean(axis=0) - t.mean(axis=1, keepdims=True)),
            "After row and column means are gone, the mean of all has been subtracted twice. Add "
            "it once: then every row and every column sums to 0.",
        ),
        Misconception(
            "means of the columns twice",
            _variant(centre=lambda t: t - t.mean(axis=1) - t.mean(axis=0) + t.mean()),
            "You subtract the same means twice from each column and none from the rows: NumPy lays "
            "a plain array of means along the rows. Row means need `keepdims=True`.",
        ),
        Misconception(
            "means of the columns twice, grand mean not added back",
            _variant(centre=lambda t: t - t.mean(axis=1) - t.mean(axis=0)),
            "Two things: row means need `keepdims=True` to stand as a column, and the mean of all "
            "has to be added once. Then every row and every column sums to 0.",
        ),
        Misconception(
            "only rows centred",
            _variant(centre=lambda table: table - table.mean(axis=1, keepdims=True)),
            "You centred the rows only. The context has a bias as well: the columns need to be "
            "centred too, and the result is symmetric again.",
        ),
        Misconception(
            "number of negative eigenvalues",
            _variant(share=lambda values: (values < -1e-9).mean()),
            "This is how many eigenvalues are negative. A large one matters more than a tiny "
            "one: compare sums of squares.",
        ),
        Misconception(
            "not squared",
            _variant(share=lambda v: -v[v < 0].sum() / np.abs(v).sum()),
            "You summed the sizes of the eigenvalues. Least squares counts squares: the sum "
            "of the squared eigenvalues is the sum of the squared cells.",
        ),
        Misconception(
            "square root of the share",
            _variant(share=lambda v: np.sqrt((v[v < 0] ** 2).sum() / (v**2).sum())),
            "You return the square root of the share, a ratio of lengths. The share of a sum of "
            "squares is asked for, without a root.",
        ),
        Misconception(
            "share of the table before centring",
            _of_the_uncentred,
            "You divide by the squares of the table as it was. What the biases fit is off the "
            "table on both sides: divide by the sum of squares of the centred one.",
        ),
        Misconception(
            "the part that can be reached",
            _variant(share=lambda v: (v[v > 0] ** 2).sum() / (v**2).sum()),
            "This is the share of the positive eigenvalues, the part that w_i . w_j *can* reach. "
            "Asked for is the other one.",
        ),
        Misconception(
            "singular values",
            _variant(share=lambda values: 0.0),
            "You always find 0. Singular values are never negative, and a filter for negative "
            "ones finds nothing; use the eigenvalues, `np.linalg.eigvalsh`.",
        ),
        Misconception(
            _NOISE,
            _variant(tiny=0.0),
            "All is right but tables of which centring leaves nothing: there you divide rounding "
            "by rounding. Return 0.0 when no entry of the rest is above 1e-9 in size, and compute "
            "in float64: in float32 the rest itself is about 1e-7.",
        ),
    ),
)

Q05_CONCLUSIONS = Conclusions(
    id="Q05-conclusions",
    title="Which statements follow about the parts of the loss?",
    level=2,
    minutes=10,
    points=4,
    function="chosen_q05",
    statements={
        "A": (
            False,
            "Without weights a cell counts once, whatever it holds: 1 : 1. Only the weight X "
            "gives 10,000 : 1. With f the ratio is x_max^0.75, 5.6 here.",
        ),
        "B": (
            True,
            "f moves the errors. On cells kept aside, f had the smaller errors where X is large "
            "and the larger ones where X is below 1; word similarity and analogies hardly told "
            "the two apart on these 3,000 words.",
        ),
        "C": (
            False,
            "The empty cells have weight 0, so nothing about them is taught. The model gave them "
            "about half a meeting each, and told met from unmet pairs less well than the row sums.",
        ),
        "D": (
            True,
            "A bias is a dimension whose partner is fixed to 1, so two more dimensions could do "
            "the work. But then frequency sits in the vectors: without biases two random words "
            "had a mean cosine well above 0.",
        ),
        "E": (
            False,
            "That holds for window 1. In a window of 10 most of the thousand frequent words met "
            "themselves more often than chance would have it. The diagonal is not the reason.",
        ),
        "F": (
            True,
            "w_i . w_j + b_i + b_j is, once centred, a table without negative eigenvalues, however "
            "long the vectors. The centred log counts have many: groups that meet each other and "
            "not themselves, such as verbs and prepositions.",
        ),
        "G": (
            False,
            "With about a dozen numbers a word, one matrix fitted better, for its vectors could "
            "have twice as many dimensions. Two matrices win only once there are enough "
            "dimensions to reach for the negative part.",
        ),
        "H": (
            True,
            "At an equal number of passes both rules that step after each cell came far below the "
            "batch rule. The usual sentence mixes up counting first, which GloVe does, with batch "
            "training, which it does not.",
        ),
    },
)
