"""Check of lesson 03, part 7: bytes of an index, and how many shards it takes (Q09-memory)."""

import math

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["MEMORY"]

_PARTS = ("the bytes of the vectors", "the bytes of the links", "the number of shards")


def _index(
    documents, dim, component_bytes, links, ram_bytes, fill, shard_documents, *, base=2,
    upper=None, link_bytes=4, down=False, unlimited=False, all_of_it=False, vectors_only=False,
    halves=False, levels_as_links=False,
):  # fmt: skip
    """Add up level by level, and count shards up; the keywords are the ways to get it wrong."""
    if upper is None:
        # Level l = 1, 2, ... is reached with probability links^-l.
        upper = math.fsum(float(links) ** -level for level in range(1, 200))
    size = link_bytes(component_bytes) if callable(link_bytes) else link_bytes
    per_level = 1 if levels_as_links else links
    vector, link = dim * component_bytes, size * (base * links + per_level * upper)
    room = ram_bytes * (1 if all_of_it else fill)
    each = vector + (0 if vectors_only else link)
    # A rounding of the last digit must not cost a shard.
    fits = room / each if halves else math.floor(room / each + 1e-9)
    if not unlimited:
        fits = min(fits, shard_documents)
    shards = max(1, documents // fits) if down else math.ceil(documents / fits)
    return np.array([documents * vector, documents * link, shards], dtype=float)


def _named(got, expected):
    problem = close(rtol=1e-9, atol=1e-9)(got, expected)
    numbers = as_numbers(got)
    if problem is None or numbers is None or numbers.shape != expected.shape:
        return problem
    wrong = np.flatnonzero(~np.isclose(numbers.astype(float), expected, rtol=1e-9, atol=1e-9))
    first = wrong[0]
    return (
        f"{len(wrong)} of 3 figures are not right, first {_PARTS[first]}: "
        f"{numbers[first]:,.12g}, not {expected[first]:,.12g}"
    )


def _random(rng, name):
    """Draw sizes whose shards are not within a hair of one more or one less."""
    while True:
        documents, dim = int(rng.integers(10**5, 10**8)), int(rng.integers(16, 2000))
        component, links = int(rng.choice([1, 2, 4])), int(rng.integers(4, 65))
        ram, fill = int(rng.integers(2, 200)) * 10**8, float(rng.uniform(0.3, 1))
        limit = int(rng.integers(10**4, 10**7))
        per_document = dim * component + 4 * (2 * links + links / (links - 1))
        room = ram * fill / per_document
        if 0.01 < room % 1 < 0.99:
            return Case(name, (documents, dim, component, links, ram, fill, limit))


def _memory_cases(rng, hard):
    cases = [
        Case("all in one shard", (10, 8, 4, 2, 10_000, 0.5, 100)),
        # 8 + 16 + 8 = 32 bytes a document: half of 640 bytes holds exactly 10 of them.
        Case("two shards, both exactly full", (20, 8, 1, 2, 640, 0.5, 100)),
        Case("one document more than two full shards", (21, 8, 1, 2, 640, 0.5, 100)),
        Case("room for ten and a half documents", (21, 8, 1, 2, 672, 0.5, 100)),
        Case("the limit of documents decides", (1_000, 8, 4, 5, 10**9, 0.5, 300)),
        Case("the question's sizes", (100_000_000, 384, 1, 48, 16 * 10**9, 0.7, 10_000_000)),
        Case("the same in FP32", (100_000_000, 384, 4, 48, 16 * 10**9, 0.7, 10_000_000)),
        _random(rng, "random sizes"),
    ]
    if hard:
        cases += [
            Case("a half byte a component", (3_000_000, 1024, 0.5, 16, 10**9, 0.9, 2_000_000)),
            _random(rng, "other sizes"),
            _random(rng, "and others"),
        ]
    return cases


def _mistake(**changed):
    return lambda *args: _index(*args, **changed)


MEMORY = Check(
    id="Q09-memory",
    title="Bytes and shards",
    level=2,
    minutes=12,
    points=3,
    function="index_size",
    make_cases=_memory_cases,
    oracle=_index,
    compare=_named,
    misconceptions=(
        Misconception(
            "M links on the base level",
            _mistake(base=1),
            "You give a node M links on the base level. HNSW allows 2M there, and M on each level "
            "above.",
        ),
        Misconception(
            "upper levels forgotten",
            _mistake(upper=0.0),
            "The levels above the base are missing: a node has M more links on each of them, and "
            "is on 1/M + 1/M² + … of them on average. That sum is 1 / (M − 1).",
        ),
        Misconception(
            "levels counted as links",
            _mistake(levels_as_links=True),
            "You add 1 / (M − 1) links for the upper levels. That is the number of *levels*, and a "
            "node has M links on each of them: M / (M − 1).",
        ),
        Misconception(
            "every node on one upper level",
            _mistake(upper=1.0),
            "You put every node on one upper level. Only one in M gets to the first, one in M² to "
            "the second: 1 / (M − 1) levels a node on average.",
        ),
        Misconception(
            "links quantised too",
            _mistake(link_bytes=lambda component: component),
            "You store a link in as many bytes as a component. A link is the number of another "
            "document: 4 bytes, however the vectors are stored.",
        ),
        Misconception(
            "rounded down",
            _mistake(down=True),
            "You round the number of shards down. The documents that are left over need a machine "
            "too: round up.",
        ),
        Misconception(
            "parts of a document",
            _mistake(halves=True),
            "You let a shard hold a part of a document. Round the number that fits into a machine "
            "down before you divide.",
        ),
        Misconception(
            "the whole memory",
            _mistake(all_of_it=True),
            "You fill the machines to the brim. Only the share `fill` of the memory is for the "
            "index; system, queries and new documents need the rest.",
        ),
        Misconception(
            "no limit of documents",
            _mistake(unlimited=True),
            "You look at memory alone. A shard may not hold more than `shard_documents` either: "
            "the smaller of the two limits counts.",
        ),
        Misconception(
            "shards for the vectors alone",
            _mistake(vectors_only=True),
            "Your shards hold the vectors and leave the links out. The graph lies in the same "
            "memory, next to them.",
        ),
    ),
)
