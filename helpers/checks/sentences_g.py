"""Checks of lesson 03, part 7: a hundred million documents."""

from helpers.checks.core import Conclusions
from helpers.checks.sentences_g_latency import LATENCY
from helpers.checks.sentences_g_memory import MEMORY
from helpers.checks.sentences_g_rerank import RERANK

__all__ = ["CHECKS"]

CONCLUSIONS = Conclusions(
    id="Q09-conclusions",
    title="What follows for the design?",
    level=2,
    minutes=10,
    points=3,
    function="chosen_q09",
    statements={
        "A": (
            False,
            "A shard's P99 is within the budget for that shard alone. Ten shards are all in time "
            "for 90.4% of the queries: each has to keep the time in 99.9% of its answers.",
        ),
        "B": (
            False,
            "INT8 makes the vectors four times smaller than FP32; the links stay. With M = 48 "
            "they weigh as much as the INT8 vectors, and the index shrinks by a factor of about "
            "2.5.",
        ),
        "C": (
            True,
            "The same graph gives recalls from poor to nearly perfect as ef grows, and the work "
            "grows with it. M and the recall do not tell the speed unless ef is named.",
        ),
        "D": (
            False,
            "A tombstone is still walked over: the work stays as it was and the recall falls. "
            "Only a rebuilt graph gave the recall back, and the memory.",
        ),
        "E": (
            True,
            "At 128 tokens only 5% of a layer's operations grow with the square (d = 384): half of "
            "the tokens cost half, and a little less, but not a quarter.",
        ),
        "F": (
            False,
            "A hard query is slow on both replicas: with half of the variance on the query hedging "
            "gained 8% where it had gained 20%, with all of it nothing. It helps against slow "
            "machines, not against hard queries.",
        ),
        "G": (
            True,
            "A switch from one embedding model to another needs the old and the new index at "
            "once, for their vectors cannot be compared: for that time the fleet doubles.",
        ),
    },
)

CHECKS = (MEMORY, LATENCY, RERANK, CONCLUSIONS)
