"""Check of lesson 03, part E: reciprocal rank fusion."""

from fractions import Fraction

import numpy as np

from helpers.checks.comparing import as_numbers
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["RRF", "fused_exactly"]


def fused_exactly(rankings, constant, depth):
    """Return pairs (item, score), best first: look every item up in every list, in fractions."""
    lists = [[int(item) for item in ranking][:depth] for ranking in rankings]
    items = sorted({item for ranking in lists for item in ranking})
    total = {
        item: sum(
            (
                1 / Fraction(constant + ranking.index(item) + 1)
                for ranking in lists
                if item in ranking
            ),
            Fraction(0),
        )
        for item in items
    }
    return sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))


def _rrf_oracle(rankings, constant, depth):
    pairs = fused_exactly(rankings, constant, depth)
    return [item for item, _ in pairs], [float(score) for _, score in pairs]


def _items_and_scores(case, output):
    """Read (items, scores); the scores must fall."""
    if not isinstance(output, list | tuple) or len(output) != 2:
        raise ValueError("it should return two lists: the items, best first, and their scores")
    items, scores = (as_numbers(part) for part in output)
    if items is None or scores is None or items.ndim != 1 or items.shape != scores.shape:
        raise ValueError("the items and their scores should be two lists of the same length")
    if "c" in (items.dtype.kind, scores.dtype.kind):
        raise ValueError("items and scores should be real numbers, not complex ones")
    if (np.diff(scores.astype(float)) > 1e-12).any():
        raise ValueError("the scores do not fall: sort the items by score, the best first")
    return items.tolist(), scores.astype(float).tolist()


def _same_fusion(got, expected):
    """Compare items and their scores; items with equal scores may stand in any order."""
    mine, wanted = (dict(zip(*pair, strict=True)) for pair in (got, expected))
    if len(mine) < len(got[0]):
        return "an item came back twice: add up all its terms, and list it once"
    if len(mine) != len(wanted):
        return (
            f"{len(mine)} items came back, where {len(wanted)} were read within `depth`: "
            "return each of these, and no other"
        )
    if strange := mine.keys() - wanted.keys():
        return f"item {min(strange)} came back, which no list holds within `depth`"
    wrong = [item for item in wanted if not np.isclose(mine[item], wanted[item], 1e-6, 1e-12)]
    if wrong:
        item = wrong[0]
        return f"item {item} has the score {mine[item]:.6g}, not {wanted[item]:.6g}"
    return None


def _rrf(
    first=1, missing=False, mean=False, cut="lists", best=False, linear=False, fixed=None,
    plain=False,
):  # fmt: skip
    """Make a fusion with one thing changed."""

    def fuse(rankings, constant, depth):
        lists = [[int(item) for item in ranking] for ranking in rankings]
        if cut in ("lists", "both"):
            lists = [ranking[:depth] for ranking in lists]
        constant = 0 if plain else constant if fixed is None else fixed
        terms = {}
        for ranking in lists:
            for rank, item in enumerate(ranking, first):
                term = -(rank + constant) if linear else 1 / max(constant + rank, 1e-9)
                terms.setdefault(item, []).append(term)
        if missing:
            for item, found in terms.items():
                gaps = [len(ranking) for ranking in lists if item not in ranking]
                found += [1 / (constant + gap + 1) for gap in gaps]
        join = max if best else (lambda v: sum(v) / len(v)) if mean else sum
        pairs = sorted(((item, join(v)) for item, v in terms.items()), key=lambda p: (-p[1], p[0]))
        if cut in ("result", "both"):
            pairs = pairs[:depth]
        return [item for item, _ in pairs], [score for _, score in pairs]

    return fuse


def _lists(rng, n_lists, length, universe):
    return [rng.permutation(universe)[:length].tolist() for _ in range(n_lists)]


def _rrf_cases(rng, hard):
    cases = [
        Case("one list", ([[4, 7, 1]], 60.0, 10)),
        Case("two lists, one item in both", ([[1, 2], [2, 3]], 60.0, 10)),
        Case("lists longer than the depth", ([[5, 1, 2, 3], [6, 3, 1, 2]], 60.0, 2)),
        Case("an empty list", ([[], [3, 9, 4]], 60.0, 10)),
        Case("opposite lists, so that items tie", ([[1, 2, 3], [3, 2, 1]], 60.0, 3)),
        Case("a small constant", ([[8, 2, 5], [5, 2, 8], [2, 9, 8]], 1.0, 5)),
        Case("no list at all", ([], 60.0, 5)),
        Case("lists as arrays", ([np.array(a) for a in _lists(rng, 2, 6, 9)], 60.0, 6)),
        Case("random lists of different length",
             ([*_lists(rng, 2, 8, 12), *_lists(rng, 1, 3, 12)], 60.0, 7)),
    ]  # fmt: skip
    if hard:
        cases += [
            Case("five lists of forty", (_lists(rng, 5, 40, 60), 60.0, 20)),
            Case("constant 0", (_lists(rng, 3, 10, 15), 0.0, 10)),
            Case("depth 1", (_lists(rng, 4, 10, 15), 60.0, 1)),
        ]
    return cases


RRF = Check(
    id="X-rrf",
    title="Reciprocal rank fusion",
    level=2,
    minutes=12,
    points=3,
    function="fuse_rankings",
    make_cases=_rrf_cases,
    oracle=_rrf_oracle,
    view=_items_and_scores,
    compare=_same_fusion,
    misconceptions=[
        Misconception(
            "ranks from 0",
            _rrf(first=0),
            "Your ranks begin at 0, so that the best item gets 1 / constant. The first rank is "
            "1: write `enumerate(ranking, start=1)`.",
        ),
        Misconception(
            "missing items get a rank",
            _rrf(missing=True),
            "You give an item the rank after the last in every list that does not hold it. A list "
            "says nothing about what it does not hold: it adds nothing.",
        ),
        Misconception(
            "mean instead of sum",
            _rrf(mean=True),
            "You divide by the number of lists that hold the item. Then two votes count no more "
            "than one, and agreement, the point of fusion, is lost: take the sum.",
        ),
        Misconception(
            "best rank only",
            _rrf(best=True),
            "You keep an item's best term only, so that a second list that agrees adds nothing. "
            "Add the terms of all lists.",
        ),
        Misconception(
            "depth cuts the result",
            _rrf(cut="result"),
            "You fuse the whole lists and cut the result. The depth says how far each *list* is "
            "read, before fusing: deep entries must not vote at all.",
        ),
        Misconception(
            "depth ignored",
            _rrf(cut=None),
            "You read the lists to their ends. Take `ranking[:depth]` of each first: on the "
            "course's queries this is what made hybrid search good or bad.",
        ),
        Misconception(
            "ranks added",
            _rrf(linear=True),
            "You add the ranks themselves. One list with a bad rank then outweighs a first place; "
            "the reciprocals 1 / (constant + rank) let the top places count most.",
        ),
        Misconception(
            "constant fixed",
            _rrf(fixed=60),
            "You always use 60. That is the usual value of `constant`, but it is a parameter: take "
            "it from the call.",
        ),
        Misconception(
            "no constant",
            _rrf(plain=True),
            "You add 1 / rank and leave `constant` out, so that a first place counts twice as much "
            "as a second. The term is 1 / (constant + rank).",
        ),
        Misconception(
            "lists and result cut",
            _rrf(cut="both"),
            "You cut the lists, which is right, and then the result too. Return every item that "
            "was read: two lists of `depth` items may hold twice as many.",
        ),
    ],
)  # fmt: skip
