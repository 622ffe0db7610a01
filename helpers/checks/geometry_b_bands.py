"""Check of lesson 05, part B: which bands of items the top results come from."""

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q16_BANDS"]


def _with_lists(scores, own, bands, k):
    """Rank each query's items as a list of pairs and count the bands of the first k."""
    found = {band: 0 for band in range(max(bands) + 1)}
    for row, mine in zip(scores, own, strict=True):
        others = [(-float(score), item) for item, score in enumerate(row) if item != mine]
        for _, item in sorted(others)[:k]:
            found[int(bands[item])] += 1
    return np.array([count / sum(found.values()) for count in found.values()])


def _band_cases(rng, hard):
    def table(m, n):
        return rng.normal(size=(m, n)).round(2)

    bands = np.array([0, 0, 1, 1, 2, 2])
    ties = np.array([[1.0, 3, 3, 3, 0, 3], [2, 2, 2, 2, 2, 2]])
    gap = np.array([0, 2, 0, 2, 0, 2])
    long_own = np.array([[9.0, 1, 5, 4, 2, 3], [3, 2, 8, 9, 1, 7]])
    dull_own = np.array([[-3.0, 1, 5, 4, 2, 3], [3, 2, 8, -9, 1, 7]])
    many = rng.integers(0, 5, 400)
    tied = rng.integers(0, 4, (30, 40)) / 2
    unsigned = (rng.integers(1, 99, (4, 6)) * [1, 1, 1, 1, 0, 1]).astype(np.uint8)
    cases = [
        Case("own items score highest", (long_own, np.array([0, 3]), bands, 2)),
        Case("own items score lowest", (dull_own, np.array([0, 3]), bands, 2)),
        Case("own items anywhere", (table(5, 6), np.array([5, 1, 0, 2, 1]), bands, 3)),
        Case("k = 1, bands that nobody returns", (long_own, np.array([0, 3]), bands, 1)),
        Case("a band without items", (table(4, 6), np.array([0, 1, 2, 3]), gap, 2)),
        Case("ties at the border", (ties, np.array([0, 4]), bands, 2)),
        Case("40 items with many ties", (tied, np.arange(30), np.arange(40), 7)),
        Case("k as large as the number of items", (table(3, 6), np.array([1, 1, 4]), bands, 6)),
        Case("negative scores", (table(4, 6) - 9, np.array([3, 0, 1, 5]), np.arange(6), 2)),
        Case("scores between -1 and 0", (-rng.random((4, 6)), [3, 0, 1, 5], np.arange(6), 2)),
        Case("scores far below 0", (1e12 * (table(4, 6) - 9), [3, 0, 1, 5], np.arange(6), 2)),
        Case("unsigned whole numbers", (unsigned, [2, 0, 5, 1], bands, 2)),
        Case("whole numbers", (rng.integers(0, 99, (4, 6)), np.array([2, 2, 0, 1]), bands, 2)),
        Case("lists", (table(2, 4).tolist(), [3, 1], [1, 0, 1, 1], 2)),
    ]
    if hard:
        cases += [
            Case("one query", (table(1, 6), np.array([4]), bands, 5)),
            Case("many", (table(60, 400), rng.integers(0, 400, 60), many, 10)),
            Case("32-bit scores", (table(5, 6).astype(np.float32), np.arange(5), bands, 3)),
            Case("one band", (table(3, 4), np.arange(3), np.zeros(4, int), 2)),
        ]
    return cases


def _variant(*, own_as="lowest", ties="first", sign=1, share="places", fixed=False):
    """Make an answer with one thing changed."""

    def band_shares(scores, own, bands, k):
        scores, bands = np.array(scores, dtype=float) * sign, np.asarray(bands)
        m, n = scores.shape
        size = bands.max() + 1
        if own_as in ("lowest", "coming back"):
            scores[np.arange(m), own] = -np.inf
        elif own_as == "row number":
            scores[np.arange(m), np.arange(m)] = -np.inf
        elif own_as == "out for all":
            scores[:, own] = -np.inf
        elif isinstance(own_as, float):
            scores[np.arange(m), own] = own_as
        if ties == "first":
            order = np.argsort(-scores, axis=1, kind="stable")
        elif ties == "any":
            order = np.argsort(-scores, axis=1)
        else:
            order = np.argsort(scores, axis=1, kind="stable")[:, ::-1]
        if own_as == "the first":
            order = order[:, 1 : k + 1]
        elif own_as not in ("counted", "coming back", "dropped later"):
            order = order[:, : n - 1]
        kept = order[:, :k].ravel()
        if own_as == "dropped later":
            kept = order[:, :k][order[:, :k] != np.asarray(own)[:, None]]
        if share == "items":
            kept = np.unique(kept)
        counts = np.bincount(bands[kept], minlength=size).astype(float)
        if share == "counts":
            return counts
        if share == "lift":
            sizes = np.bincount(bands, minlength=size)
            return counts / len(kept) / np.maximum(sizes / n, 1e-12)
        if share == "of band":
            return counts / np.maximum(np.bincount(bands, minlength=size), 1)
        if share == "per place":
            return counts / (m * k)
        return counts / len(kept)

    return band_shares


def _short(scores, own, bands, k):
    full = _variant()(scores, own, bands, k)
    last = np.flatnonzero(full)[-1]
    return full[: last + 1]


def _without_empty(scores, own, bands, k):
    full = _variant()(scores, own, bands, k)
    return full[full > 0]


Q16_BANDS = Check(
    id="Q16-bands",
    title="Whom does the ranking return?",
    level=2,
    minutes=15,
    points=3,
    function="band_shares",
    make_cases=_band_cases,
    oracle=_with_lists,
    compare=close(rtol=1e-9, atol=1e-12),
    misconceptions=(
        Misconception(
            "the query counted",
            _variant(own_as="counted"),
            "You count the query's own item among its results. Give it a score of -inf, or leave "
            "it out, before you take the first k.",
        ),
        Misconception(
            "the first dropped as the query",
            _variant(own_as="the first"),
            "You drop the first result, as if it were the query itself. By dot product a query "
            "need not be its own best match: leave out item `itself[i]`, wherever it stands.",
        ),
        Misconception(
            "the query dropped too late",
            _variant(own_as="dropped later"),
            "You take k results and drop the query from those, so that some queries have k - 1. "
            "Leave it out first, then take k.",
        ),
        *(
            Misconception(
                f"the query scored {score:g}",
                _variant(own_as=score),
                f"You give the query's own item the score {score:g}, and real scores may be lower. "
                "Nothing is below -np.inf.",
            )
            for score in (0.0, -1.0, -1e9)
        ),
        Misconception(
            "the query comes back",
            _variant(own_as="coming back"),
            "When k is n or more, the query's own item comes back at the end of your ranking. "
            "There are at most n - 1 others: cut at min(k, n - 1).",
        ),
        Misconception(
            "the query taken by row number",
            _variant(own_as="row number"),
            "You leave out item i for query i. Query i is item `itself[i]`.",
        ),
        Misconception(
            "all queries out for all",
            _variant(own_as="out for all"),
            "You take all the queries' items out of every ranking. Query i leaves out item "
            "`itself[i]` only: `scores[np.arange(m), itself]`.",
        ),
        Misconception(
            "equals in any order",
            _variant(ties="any"),
            "Where many scores tie, your sort mixes them: np.argsort keeps the earlier first only "
            "with kind='stable'.",
        ),
        Misconception(
            "the last of equals first",
            _variant(ties="last"),
            "Where scores tie you take the later item. Sort `-scores` with kind='stable': the "
            "earlier one comes first. (Reversing a rising order turns ties round.)",
        ),
        Misconception(
            "the smallest scores",
            _variant(sign=-1),
            "You take the smallest scores. np.argsort sorts upwards: sort the negative scores.",
        ),
        Misconception(
            "counts",
            _variant(share="counts"),
            "You return how many places each band has. Divide by the number of places, so that "
            "the shares add up to 1.",
        ),
        Misconception(
            "compared with the band's size",
            _variant(share="lift"),
            "You divide by the band's share of the items. That is worth knowing too, but here the "
            "plain share of the places is asked for.",
        ),
        Misconception(
            "divided by the band's size",
            _variant(share="of band"),
            "You divide by the number of items in the band. Divide by the number of places, m "
            "times k, so that the shares add up to 1.",
        ),
        Misconception(
            "divided by places that do not exist",
            _variant(share="per place"),
            "With k larger than the number of other items there are fewer than m k places. Divide "
            "by the places that were filled.",
        ),
        Misconception(
            "each item once",
            _variant(share="items"),
            "You count each returned item once. An item that is returned for many queries takes a "
            "place each time: that is what the measure is for.",
        ),
        Misconception(
            "the last bands missing",
            _short,
            "The result ends at the last band that was returned. Bands without a place have share "
            "0: `np.bincount(..., minlength=max(bands) + 1)`.",
        ),
        Misconception(
            "empty bands left out",
            _without_empty,
            "Bands without a place are missing, so the others move up. They have share 0: count "
            "with `np.bincount`, not with `np.unique`.",
        ),
    ),
)
