"""Check of lesson 03, part 7: how many pairs can be reranked in the time (Q09-rerank)."""

import numpy as np

from helpers.checks.comparing import as_numbers, equal
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["RERANK"]


def _budget(
    latency, budget_ms, share, batch, batch_ms, *, batches=False, everyone=False, strict=False,
    partial=False,
):  # fmt: skip
    """Add one batch after another while enough queries stay within the budget."""
    times = [float(t) for t in latency]

    def enough(extra):
        within = sum(t + extra < budget_ms if strict else t + extra <= budget_ms for t in times)
        return within / len(times) >= (1 if everyone else share)

    count = 0
    while enough((count + 1) * batch_ms):
        count += 1
    if partial:
        while enough((count + 1 / batch) * batch_ms):
            count += 1 / batch
        return round(count * batch)
    return count if batches else count * batch


def _from_level(level):
    """Make an answer that takes one number for the latency of all queries."""

    def answer(latency, budget_ms, share, batch, batch_ms):
        left = budget_ms - level(np.asarray(latency, dtype=float), share)
        return max(0, int(np.floor(left / batch_ms + 1e-9))) * batch

    return answer


def _unclipped(latency, budget_ms, share, batch, batch_ms):
    ordered = np.sort(np.asarray(latency, dtype=float))
    level = ordered[int(np.ceil(share * len(ordered) - 1e-9)) - 1]
    return int(np.floor((budget_ms - level) / batch_ms + 1e-9)) * batch


def _rounded_up(latency, budget_ms, share, batch, batch_ms):
    exact = _budget(latency, budget_ms, share, batch, batch_ms)
    ordered = np.sort(np.asarray(latency, dtype=float))
    level = ordered[int(np.ceil(share * len(ordered) - 1e-9)) - 1]
    left = budget_ms - level - exact / batch * batch_ms
    return exact + batch if left > 0 else exact


def _pairs(got, expected):
    problem = equal(got, expected)
    numbers = as_numbers(got)
    if problem is None or numbers is None or numbers.ndim:
        return problem
    if not np.isfinite(numbers):
        return f"{numbers} is no number of pairs"
    side = "too many: the queries would be late" if numbers > expected else "too few: time is left"
    return f"{numbers:g} pairs are {side} (right are {expected})"


def _rerank_cases(rng, hard):
    def draw(n):
        # Quarters of a millisecond are exact in binary, so that a tie with the budget is one.
        return np.round(4 * np.exp(rng.normal(3, 0.3, n))) / 4

    nine = np.arange(1, 10) * 4.0
    cases = [
        Case("one query", (np.array([30.0]), 50.0, 0.99, 8, 6.0)),
        Case("the last batch ends on the budget", (np.array([30.0, 20.0]), 50.0, 0.99, 8, 5.0)),
        Case("nine of ten may use all of it", (np.arange(10, 20) * 2.0, 50.0, 0.9, 4, 3.5)),
        Case("no time is left", (np.array([60.0, 70.0, 55.0]), 50.0, 0.5, 16, 2.0)),
        Case("a wide gap at the share", (np.r_[np.full(99, 20.0), 400.0], 50.0, 0.99, 32, 7.0)),
        Case("latencies in a list", ([12.5, 11.0, 40.0], 50.0, 0.6, 12, 2.25)),
        Case("nine of nine, since eight are less than 90%", (nine, 50.0, 0.9, 4, 3.5)),
        Case("random", (draw(200), 50.0, 0.95, 16, 1.5)),
    ]
    if hard:
        cases += [
            Case("whole numbers", (np.array([10, 12, 14, 30]), 40, 0.75, 10, 5)),
            Case("many queries", (draw(3_000), 60.0, 0.99, 8, 1.25)),
            Case("all queries", (draw(50), 80.0, 1.0, 8, 2.0)),
        ]
    return cases


RERANK = Check(
    id="Q09-rerank",
    title="How many pairs fit?",
    level=2,
    minutes=12,
    points=3,
    function="rerank_budget",
    make_cases=_rerank_cases,
    oracle=_budget,
    compare=_pairs,
    misconceptions=(
        Misconception(
            "mean latency",
            _from_level(lambda times, share: times.mean()),
            "You plan with the mean latency. Then the slow queries are late: `share` of the "
            "queries have to be within the budget with their own latency.",
        ),
        Misconception(
            "median latency",
            _from_level(lambda times, share: np.median(times)),
            "You plan with the median: half of the queries would be late. Look at the query at "
            "the share that was asked for.",
        ),
        Misconception(
            "the slowest query",
            lambda *args: _budget(*args, everyone=True),
            "You let the slowest query decide. Only `share` of the queries have to be in time.",
        ),
        Misconception(
            "interpolated quantile",
            _from_level(lambda times, share: np.quantile(times, share)),
            "`np.quantile` puts a value between two queries, and one far outlier moves it a lot. "
            "Count: at least `share` of the queries have latency + reranking within the budget.",
        ),
        Misconception(
            "the nearest query",
            _from_level(lambda times, share: np.quantile(times, share, method="nearest")),
            "You round the place of the deciding query to the nearest one. Of nine queries, 90% "
            "are more than eight, so all nine count: round the number of queries *up*.",
        ),
        Misconception(
            "batches, not pairs",
            lambda *args: _budget(*args, batches=True),
            "You return batches. Asked for are pairs: each batch has `batch` of them.",
        ),
        Misconception(
            "part of a batch",
            lambda *args: _budget(*args, partial=True),
            "You let a part of a batch take a part of its time. A batch that is not full takes as "
            "long as a full one here: count whole batches.",
        ),
        Misconception(
            "rounded up",
            _rounded_up,
            "You round up to one batch more, and that one ends after the budget.",
        ),
        Misconception(
            "fewer than none",
            _unclipped,
            "When the budget is gone before reranking starts, the answer is 0 pairs, not less.",
        ),
        Misconception(
            "on the budget is late",
            lambda *args: _budget(*args, strict=True),
            "A query that ends exactly on the budget is in time: compare with <=.",
        ),
    ),
)
