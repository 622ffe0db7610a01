"""The checks of the start page."""

import math

import numpy as np

from helpers.checks.core import Check, Conclusions, Misconception
from helpers.checks.running import Case

__all__ = ["CHECKS", "W_CONCLUSIONS", "W_COSINE"]


def cosine(u, v):
    """Cosine of the angle between two vectors, one exact sum at a time.

    Parameters
    ----------
    u, v : sequence of float
        Two vectors of the same length, neither of them zero.

    Returns
    -------
    float
        ``u.v / (|u| |v|)``, in [-1, 1].
    """
    dot = math.fsum(float(a) * float(b) for a, b in zip(u, v, strict=True))
    length_u = math.sqrt(math.fsum(float(a) ** 2 for a in u))
    length_v = math.sqrt(math.fsum(float(b) ** 2 for b in v))
    return dot / (length_u * length_v)


def _cases(rng: np.random.Generator, hard: bool) -> list[Case]:
    x = rng.normal(size=3).round(2) + 0.001
    cases = [
        Case("two directions at 45 degrees", (np.array([1.0, 0.0]), np.array([1.0, 1.0]))),
        Case("the same direction, other length", (np.array([3.0, 4.0]), np.array([6.0, 8.0]))),
        Case("opposite directions", (np.array([1.0, 2.0]), np.array([-2.0, -4.0]))),
        Case("at right angles", (np.array([2.0, 0.0, 1.0]), np.array([-1.0, 5.0, 2.0]))),
        Case("whole numbers", (np.array([1, 2, 2]), np.array([2, 1, 2]))),
        Case("three random coordinates", (x, rng.normal(size=3).round(2) + 0.001)),
        Case("fifty random coordinates", (rng.normal(size=50), rng.normal(size=50))),
    ]
    if hard:
        small = rng.normal(size=20) * 1e-5
        single = rng.normal(size=(2, 100)).astype(np.float32)
        cases += [
            Case("very short vectors", (small, rng.normal(size=20) * 1e-5)),
            Case("very long vectors", (rng.normal(size=20) * 1e6, rng.normal(size=20) * 1e6)),
            Case("float32", (single[0], single[1])),
            Case("one coordinate", (np.array([-2.5]), np.array([4.0]))),
            Case("every second entry of an array", (np.arange(1.0, 9.0)[::2], rng.normal(size=4))),
            Case("columns of a table", tuple(rng.normal(size=(6, 2)).T)),
        ]
    return cases


def _no_norms(u, v):
    return float(u @ v)


def _squared_norms(u, v):
    return float(u @ v / ((u @ u) * (v @ v)))


def _one_norm(u, v):
    return float(u @ v / np.linalg.norm(u))


def _bracket_left_out(u, v):
    return float(u @ v / np.linalg.norm(u) * np.linalg.norm(v))


def _distance(u, v):
    return 1 - cosine(u, v)


def _euclidean(u, v):
    return float(np.linalg.norm(u - v))


def _angle(u, v):
    return math.acos(max(-1.0, min(1.0, cosine(u, v))))


def _entry_sums(u, v):
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(u @ v / np.float64(np.sum(u) * np.sum(v)))


def _absolute(u, v):
    return abs(cosine(u, v))


def _elementwise(u, v):
    return u * v / (np.linalg.norm(u) * np.linalg.norm(v))


W_COSINE = Check(
    id="W-cosine",
    title="The cosine of two vectors",
    level=1,
    minutes=2,
    points=1,
    function="cosine",
    make_cases=_cases,
    oracle=cosine,
    misconceptions=(
        Misconception(
            "norms forgotten",
            _no_norms,
            "This is the plain dot product, which grows with the lengths: divide it by the two "
            "norms, |u| and |v|.",
        ),
        Misconception(
            "norms squared",
            _squared_norms,
            "The division is by the squared lengths: u·u is |u| squared, so take its square root.",
        ),
        Misconception(
            "divided by one norm",
            _one_norm,
            "Only the first vector's length is divided out: divide by |v| as well.",
        ),
        Misconception(
            "bracket left out",
            _bracket_left_out,
            "A bracket is missing: a / b * c divides by b and multiplies by c. Divide by both "
            "norms: a / (b * c).",
        ),
        Misconception(
            "distance instead of similarity",
            _distance,
            "This is the cosine distance, 1 - cos: the same direction should give 1, not 0.",
        ),
        Misconception(
            "Euclidean distance",
            _euclidean,
            "This measures how far apart the tips are. The cosine asks for the angle only: dot "
            "product over the two norms.",
        ),
        Misconception(
            "the angle itself",
            _angle,
            "This is the angle in radians; the exercise asks for its cosine, so leave out arccos.",
        ),
        Misconception(
            "divided by the sums of entries",
            _entry_sums,
            "The division is by the sums of the entries. The length of a vector is the root of "
            "the sum of squares, as in np.linalg.norm.",
        ),
        Misconception(
            "sign lost",
            _absolute,
            "The size is right but the sign is gone: opposite directions have the cosine -1.",
        ),
        Misconception(
            "products not summed",
            _elementwise,
            "u * v multiplies entry by entry and is still a vector: sum it up, or write u @ v.",
        ),
    ),
)

W_CONCLUSIONS = Conclusions(
    id="W-conclusions",
    title="What follows?",
    level=1,
    minutes=1,
    points=1,
    function="chosen_w",
    statements={
        "A": (
            True,
            "Scaling a vector multiplies the dot product and the norm by the same positive "
            "factor, which cancels: the cosine stays. The table shows it for 10 times “dog”.",
        ),
        "B": (
            False,
            "The dot product of “cat” and ten times “dog” is ten times as large, though no "
            "direction has changed: it mixes angle and length.",
        ),
        "C": (
            True,
            "With every length equal to 1 the denominator is 1, and dot product and cosine are "
            "one and the same number.",
        ),
        "D": (
            False,
            "A cosine of 0 means a right angle. Opposite directions give -1.",
        ),
    },
)

CHECKS = (W_COSINE, W_CONCLUSIONS)
