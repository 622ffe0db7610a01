"""Checks of lesson 03, part 7: hedged requests, and the time left for reranking."""

import numpy as np

from helpers.checks.comparing import as_numbers, close, equal, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["LATENCY", "RERANK"]


def _hedged(
    first, backup, delay, fixed, *, over=max, wait=True, replace=False, by_query=False, at=False,
    plus=True, always=False,
):  # fmt: skip
    """Follow every request on its own; the keywords are the ways to get it wrong."""
    latencies, sent, hedged_queries = [], 0, 0
    shards = 0
    for row, spare in zip(first, backup, strict=True):
        times, hedged = [], False
        for one, other in zip(row, spare, strict=True):
            shards += 1
            time = float(one)
            if always or time > delay or (at and time == delay):
                sent, hedged = sent + 1, True
                second = float(other) + (delay if wait else 0)
                time = second if replace else min(time, second)
            times.append(time)
        hedged_queries += hedged
        latencies.append(over(times) + (fixed if plus else 0))
    share = hedged_queries / len(latencies) if by_query else sent / shards
    return np.array(latencies, dtype=float), share


def _mean(times):
    return sum(times) / len(times)


def _parts(got, expected):
    numbers = close(rtol=1e-6, atol=1e-9)  # float32 times may stay float32.
    if not isinstance(got, list | tuple) or len(got) != 2:
        return structure(numbers, numbers)(got, expected)
    names = ("the latencies", "the share of requests sent twice")
    for name, mine, wanted in zip(names, got, expected, strict=True):
        problem = numbers(mine, wanted)
        if problem is not None:
            return f"{name}: {problem}"
    return None


def _latency_cases(rng, hard):
    def draw(queries, shards, spread=0.6):
        return tuple(np.exp(rng.normal(2, spread, (queries, shards))) for _ in range(2))

    cases = [
        Case("one query, two shards", (np.array([[3.0, 10.0]]), np.array([[1.0, 2.0]]), 5.0, 1.0)),
        Case(
            "the replica is slow too",
            (np.array([[3.0, 10.0]]), np.array([[1.0, 9.0]]), 5.0, 0.0),
        ),
        Case(
            "an answer exactly at the delay",
            (np.array([[5.0, 4.0], [5.0, 20.0]]), np.array([[1.0, 1.0], [9.0, 2.0]]), 5.0, 2.0),
        ),
        Case("whole numbers", (np.array([[9, 2, 7]]), np.array([[1, 1, 1]]), 6, 3)),
        Case("nothing is slow", (*draw(3, 2), 1e6, 4.5)),
        Case("random", (*draw(8, 3), 9.0, 4.0)),
        Case("ten shards", (*draw(20, 10, 0.9), 14.0, 7.5)),
    ]
    if hard:
        cases += [
            Case("everything is hedged", (*draw(6, 4), 0.0, 1.0)),
            Case("one shard", (*draw(30, 1, 1.2), 10.0, 0.0)),
            Case("float32", (*(a.astype(np.float32) for a in draw(9, 5)), 8.0, 2.0)),
            Case("other memory order", (*(np.asfortranarray(a) for a in draw(7, 6)), 8.0, 2.0)),
        ]
    return cases


def _latency_mistake(**changed):
    return lambda *args: _hedged(*args, **changed)


LATENCY = Check(
    id="Q09-latency",
    title="The slowest shard, hedged",
    level=2,
    minutes=15,
    points=3,
    function="fan_out",
    make_cases=_latency_cases,
    oracle=_hedged,
    compare=_parts,
    misconceptions=(
        Misconception(
            "mean of the shards",
            _latency_mistake(over=_mean),
            "You average over the shards. A query waits for all of them: the slowest one decides.",
        ),
        Misconception(
            "shards one after another",
            _latency_mistake(over=sum),
            "You add up the shards' times. They work at the same time: the slowest one decides.",
        ),
        Misconception(
            "the first shard to answer",
            _latency_mistake(over=min),
            "You take the fastest shard. Each holds other documents, so the answer is complete "
            "only when the last one has come back: the maximum over the shards.",
        ),
        Misconception(
            "backup without its delay",
            _latency_mistake(wait=False),
            "Your second request starts at time 0. It is sent after `delay` ms, so its answer "
            "comes at delay + backup.",
        ),
        Misconception(
            "backup instead of the first",
            _latency_mistake(replace=True),
            "You drop the first request once the second is sent. Both run on, and the answer that "
            "comes first counts: min(first, delay + backup).",
        ),
        Misconception(
            "share of queries",
            _latency_mistake(by_query=True),
            "You count queries with a second request. The extra load is counted in requests: how "
            "many of all requests to shards were sent twice.",
        ),
        Misconception(
            "every request sent twice",
            _latency_mistake(always=True),
            "You send every request twice. Only those that are still unanswered after `delay` ms "
            "get a second one.",
        ),
        Misconception(
            "hedged at the delay",
            _latency_mistake(at=True),
            "An answer that comes exactly at the delay is there in time: only later ones are sent "
            "a second time.",
        ),
        Misconception(
            "fixed part forgotten",
            _latency_mistake(plus=False),
            "The `fixed` milliseconds are missing: encoding and merging are part of every query's "
            "latency.",
        ),
    ),
)


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

    cases = [
        Case("one query", (np.array([30.0]), 50.0, 0.99, 8, 6.0)),
        Case("the last batch ends on the budget", (np.array([30.0, 20.0]), 50.0, 0.99, 8, 5.0)),
        Case("nine of ten may use all of it", (np.arange(10, 20) * 2.0, 50.0, 0.9, 4, 3.5)),
        Case("no time is left", (np.array([60.0, 70.0, 55.0]), 50.0, 0.5, 16, 2.0)),
        Case("a wide gap at the share", (np.r_[np.full(99, 20.0), 400.0], 50.0, 0.99, 32, 7.0)),
        Case("latencies in a list", ([12.5, 11.0, 40.0], 50.0, 0.6, 12, 2.25)),
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
