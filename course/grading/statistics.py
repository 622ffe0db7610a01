"""What a class knows: difficulty and discrimination of exercises, and misconceptions met.

Reference
---------
Difficulty is the share of the points earned. Discrimination is the corrected item-total
correlation: that of an exercise's points with the sum of all others' (Henrysson 1963, "Correction
of Item-Total Correlations in Item Analysis").
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from course.grading.task import Outcome

__all__ = ["Item", "analyse"]


@dataclass(frozen=True)
class Item:
    """An exercise as the class met it.

    Attributes
    ----------
    check : str
        Its id.
    right, wrong, not_attempted : int
        Students.
    difficulty : float
        Mean share of the points, 0 to 1: high is easy.
    discrimination : float or None
        Correlation with the rest of the points; None where one of both does not vary.
    misconceptions : tuple of (str, int)
        Name and number of students, the most frequent first.
    """

    check: str
    right: int
    wrong: int
    not_attempted: int
    difficulty: float
    discrimination: float | None
    misconceptions: tuple[tuple[str, int], ...]


def analyse(outcomes: Sequence[Outcome]) -> list[Item]:
    """Describe each exercise of one lesson.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Graded submissions of one lesson.
    """
    outcomes = [outcome for outcome in outcomes if outcome.verdicts]
    if not outcomes:
        return []
    table = [{verdict.check: verdict for verdict in outcome.verdicts} for outcome in outcomes]
    checks = [verdict.check for verdict in outcomes[0].verdicts]
    points = np.array([[row[check].points for check in checks] for row in table], dtype=float)
    most = np.array([table[0][check].max_points for check in checks], dtype=float)
    items = []
    for column, check in enumerate(checks):
        verdicts = [row[check] for row in table]
        met = Counter(v.misconception for v in verdicts if v.misconception)
        rest = points.sum(axis=1) - points[:, column]
        blank = sum(v.state == "not attempted" for v in verdicts)
        right = sum(v.passed for v in verdicts)
        items.append(
            Item(
                check,
                right,
                len(verdicts) - right - blank,
                blank,
                float(points[:, column].mean() / most[column]),
                _correlation(points[:, column], rest),
                tuple(sorted(met.items(), key=lambda pair: (-pair[1], pair[0]))),
            )
        )
    return items


def _correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])
