"""Check of lesson 03, part 7: the slowest shard, with hedged requests (Q09-latency)."""

import numpy as np

from helpers.checks.comparing import close, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["LATENCY"]


def _hedged(
    first, backup, delay, fixed, *, over=max, wait=True, replace=False, by_query=False, at=False,
    plus=True, always=False, won=False, unit=None,
):  # fmt: skip
    """Follow every request on its own; the keywords are the ways to get it wrong."""
    latencies, sent, hedged_queries, winners = [], 0, 0, 0
    shards = 0
    for row, spare in zip(first, backup, strict=True):
        times, hedged = [], False
        for one, other in zip(row, spare, strict=True):
            shards += 1
            time = float(one)
            if always or time > delay or (at and time == delay):
                sent, hedged = sent + 1, True
                second = float(other) + (delay if wait else 0)
                winners += second < time
                time = second if replace else min(time, second)
            times.append(time)
        hedged_queries += hedged
        latencies.append(over(times) + (fixed if plus else 0))
    sent = winners if won else sent
    share = hedged_queries / len(latencies) if by_query else sent / shards
    times_share = {None: 1, "per cent": 100, "count": shards}[unit]
    return np.array(latencies, dtype=float), share * times_share


def _over_the_queries(first, backup, delay, fixed):
    times = np.minimum(first, delay + np.asarray(backup))
    return times.max(axis=0) + fixed, (first > delay).mean()


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
            "share of those that the backup won",
            _latency_mistake(won=True),
            "You count the repetitions that came first. Each one that was *sent* is load, also "
            "when the first answer wins in the end.",
        ),
        Misconception(
            "a percentage",
            _latency_mistake(unit="per cent"),
            "You return per cent. The second figure is a share, between 0 and 1.",
        ),
        Misconception(
            "a count",
            _latency_mistake(unit="count"),
            "You return the number of requests that were sent twice; divide it by the number of "
            "all requests.",
        ),
        Misconception(
            "the slowest query of each shard",
            _over_the_queries,
            "Your maximum runs over the queries. Rows are queries, columns are shards: take the "
            "slowest shard of each row, `axis=1`.",
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
