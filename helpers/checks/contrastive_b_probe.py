"""Check of lesson 04, part B: what a linear probe can read from vectors (Q14)."""

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q14_PROBE"]


def _oracle(train, train_factors, test, test_factors, penalty=1e-3):
    """Do it with scikit-learn, whose penalty is not multiplied by the number of rows."""
    train, train_factors, test, test_factors = (
        np.asarray(part, dtype=np.float64) for part in (train, train_factors, test, test_factors)
    )
    scaler = StandardScaler().fit(train)
    probe = Ridge(alpha=penalty * len(train), solver="svd")
    guess = probe.fit(scaler.transform(train), train_factors).predict(scaler.transform(test))
    return r2_score(test_factors, guess.reshape(test_factors.shape), multioutput="raw_values")


def _sets(rng, n, m, d, f, noise=0.5, offset=0.0):
    """Make vectors of unequal scales and factors that depend on them linearly, with noise."""
    mix = rng.normal(size=(d, f))
    scale, middle = rng.uniform(0.2, 5.0, d), rng.normal(size=d)
    parts = []
    for rows in (n, m):
        hidden = rng.normal(size=(rows, d))
        factors = hidden @ mix + noise * rng.normal(size=(rows, f)) + offset
        parts += [hidden * scale + middle, factors]
    return tuple(parts)


def _cases(rng, hard):
    line = (
        np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [3.0], [5.0]]),
        np.array([[0.5], [3.0]]), np.array([[2.0], [6.0]]),
    )  # fmt: skip
    dead = _sets(rng, 12, 6, 3, 1)
    dead[0][:, 1] = dead[2][:, 1] = 2.0
    other = _sets(rng, 14, 7, 2, 1)
    other = (other[0], other[1], other[2] + 1.5, other[3] + 4.0)
    pure_noise = tuple(rng.normal(size=shape) for shape in ((6, 4), (6, 1), (5, 4), (5, 1)))
    cases = [
        Case("three points on a line", line),
        Case("two coordinates of different scales", _sets(rng, 10, 6, 2, 1), {"penalty": 0.5}),
        Case("a factor far from 0", _sets(rng, 10, 5, 2, 1, offset=40.0)),
        Case("three factors", _sets(rng, 20, 9, 4, 3)),
        Case("test vectors that lie elsewhere", other, {"penalty": 0.1}),
        Case("a coordinate that is always 2", dead),
        Case("vectors that know nothing of the factor", pure_noise),
        Case("more coordinates than rows", _sets(rng, 4, 6, 6, 1), {"penalty": 0.05}),
        Case("lists", tuple(part.tolist() for part in _sets(rng, 6, 4, 2, 1)), {"penalty": 0.2}),
    ]
    if hard:
        whole = tuple(rng.integers(-9, 10, shape) for shape in ((9, 3), (9, 2), (6, 3), (6, 2)))
        twins = _sets(rng, 12, 6, 2, 2)
        twins = (np.hstack([twins[0]] * 2), twins[1], np.hstack([twins[2]] * 2), twins[3])
        fast = _sets(rng, 20, 10, 3, 2, noise=0.1)
        cases += [
            Case("whole numbers", whole),
            Case("every coordinate twice", twins),
            Case("float32", tuple(part.astype(np.float32) for part in fast), {"penalty": 0.01}),
            Case("every other row of an array", tuple(p[::2] for p in _sets(rng, 30, 20, 4, 2))),
            Case("a strong penalty", _sets(rng, 15, 8, 3, 2), {"penalty": 20.0}),
        ]
    return cases


def _variant(
    *, standardise="train", ddof=0, dead="kept", intercept=True, weight="n", judged="test",
    around="test", measure="residuals", finish=lambda r: r, penalised=True, fixed=None,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def readable(train, train_factors, test, test_factors, penalty=1e-3):
        x, y, x2, y2 = (
            np.asarray(part, dtype=np.float64)
            for part in (train, train_factors, test, test_factors)
        )
        if judged == "train":
            x2, y2 = x, y

        def scaled(rows, by):
            by = np.vstack([x, x2]) if standardise == "together" else by
            spread = by.std(0, ddof=ddof)
            if dead == "kept":
                spread = np.where(spread > 0, spread, 1.0)
            if standardise == "centre":
                spread = np.ones_like(spread)
            return (rows - by.mean(0)) / spread if standardise != "no" else rows

        x, x2 = scaled(x, x), scaled(x2, x2 if standardise == "own" else x)
        middle = y.mean(0) if intercept is True else 0.0
        if intercept == "penalised":
            x, x2 = (np.column_stack([part, np.ones(len(part))]) for part in (x, x2))
        strength = (penalty if fixed is None else fixed) * (len(x) if weight == "n" else 1)
        try:
            w = np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ (y - middle))
            if not penalised:
                w = np.linalg.lstsq(x, y - middle, rcond=None)[0]
        except np.linalg.LinAlgError:
            w = np.full((x.shape[1], y.shape[1]), np.nan)
        guess = x2 @ w + middle
        error = y2 - guess
        if measure == "correlation":
            a, b = guess - guess.mean(0), y2 - y2.mean(0)
            return finish((a * b).sum(0) ** 2 / ((a * a).sum(0) * (b * b).sum(0)))
        if measure == "variance":
            return finish(1 - error.var(0) / y2.var(0))
        if measure == "error":
            return finish(np.square(error).mean(0))
        if measure == "unexplained":
            return finish(np.square(error).sum(0) / np.square(y2 - y2.mean(0)).sum(0))
        mean = y.mean(0) if around == "train" else y2.mean(0)
        return finish(1 - np.square(error).sum(0) / np.square(y2 - mean).sum(0))

    def quiet(*args, **kwargs):
        with np.errstate(all="ignore"):
            return readable(*args, **kwargs)

    return quiet


def _unconverted(train, train_factors, test, test_factors, penalty=1e-3):
    if isinstance(train, list):
        raise AttributeError("'list' object has no attribute 'mean'")
    return _oracle(train, train_factors, test, test_factors, penalty)


Q14_PROBE = Check(
    id="Q14-probe",
    title="Read a factor from vectors",
    level=2,
    minutes=25,
    points=3,
    function="readable_factors",
    make_cases=_cases,
    oracle=_oracle,
    compare=close(rtol=1e-6, atol=1e-7),
    misconceptions=(
        Misconception(
            "no intercept",
            _variant(intercept=False),
            "The mean of the factor is missing. Subtract the training mean of each factor before "
            "you fit, and add it to the predictions: all standardised vectors have mean 0.",
        ),
        Misconception(
            "judged on the training rows",
            _variant(judged="train"),
            "You judge the probe on the rows that it was fitted to, where it can hardly fail. "
            "Predict the factors of `test`, and compare with `test_factors`.",
        ),
        Misconception(
            "scatter around the training mean",
            _variant(around="train"),
            "The denominator measures scatter around the mean of the training factors. R^2 "
            "compares with the best constant for the test rows: use the mean of `test_factors`.",
        ),
        Misconception(
            "squared correlation",
            _variant(measure="correlation"),
            "This is the squared correlation. It forgives a wrong offset and a wrong scale, even a "
            "wrong sign; R^2 counts the distance of each prediction from the truth.",
        ),
        Misconception(
            "explained variance",
            _variant(measure="variance"),
            "You compare variances, and the variance of the errors forgets their mean. Sum the "
            "squared errors themselves: predictions that are all too high are wrong too.",
        ),
        Misconception(
            "unexplained share",
            _variant(measure="unexplained"),
            "This is the share that the probe does NOT explain. R^2 is 1 minus that.",
        ),
        Misconception(
            "mean squared error",
            _variant(measure="error"),
            "This is the mean squared error, in the factor's own squared unit. Divide the sum of "
            "squared errors by the sum around the test mean, and take it from 1.",
        ),
        Misconception(
            "test rows standardised by themselves",
            _variant(standardise="own"),
            "You standardise the test vectors with their own mean and spread. The probe is fitted "
            "already: apply mean and standard deviation of `train` to both.",
        ),
        Misconception(
            "train and test standardised together",
            _variant(standardise="together"),
            "You standardise with train and test together. The test rows must not take part in "
            "the fit: mean and standard deviation come from `train` alone.",
        ),
        Misconception(
            "penalised intercept",
            _variant(intercept="penalised"),
            "The weight of your column of ones is penalised with the others. Subtract the training "
            "mean of the factor instead; the mean costs nothing.",
        ),
        Misconception(
            "penalty ignored",
            _variant(fixed=1e-3),
            "You use a penalty of .001 whatever `penalty` is.",
        ),
        Misconception(
            "not standardised, not centred",
            _variant(standardise="no"),
            "The vectors go in as they are. Subtract the training mean of each coordinate and "
            "divide by its standard deviation, so that one penalty suits them all.",
        ),
        Misconception(
            "centred only",
            _variant(standardise="centre"),
            "The coordinates are centred but keep their scales, so the penalty presses hardest on "
            "the small ones. Divide each by its standard deviation over `train`.",
        ),
        Misconception(
            "penalty not times n",
            _variant(weight="1"),
            "The penalty stands beside a SUM over the rows, but the task adds it to their MEAN. "
            "Multiply it by the number of training rows, or divide the products by that.",
        ),
        Misconception(
            "no penalty",
            _variant(penalised=False),
            "The penalty is missing, so this is plain least squares. Add `penalty * n` to the "
            "diagonal of X^T X.",
        ),
        Misconception(
            "dividing by n - 1",
            _variant(ddof=1),
            "Your standard deviations divide by n - 1. Take `np.std` as it is, which divides by n.",
        ),
        Misconception(
            "a constant coordinate divides by 0",
            _variant(dead="divided"),
            "A coordinate that never changes has the standard deviation 0, and 0 / 0 is nan. "
            "Divide by 1 there: it stays 0 and says nothing.",
        ),
        Misconception(
            "clipped at 0",
            _variant(finish=lambda r: np.maximum(r, 0.0)),
            "You clip at 0. A negative R^2 is an honest result: the probe is worse than always "
            "saying the mean. Return it as it is.",
        ),
        Misconception(
            "mean over the factors",
            _variant(finish=np.mean),
            "One number came back. Each column of the factors is a question of its own: sum over "
            "the rows only (`axis=0`), and return one R^2 for each column.",
        ),
        Misconception(
            "lists not accepted",
            _unconverted,
            "Lists come in as well: turn all four into arrays first, with "
            "`np.asarray(train, dtype=float)` and so on.",
        ),
    ),
)
