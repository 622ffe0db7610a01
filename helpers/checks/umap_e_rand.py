"""Check of lesson 08, part E: the adjusted Rand index with noise points apart."""

from itertools import combinations

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q27_RAND"]


def _pair_by_pair(labels, clusters):
    """Look at every pair of points: together or apart, in the kinds and in the clusters."""
    labels, clusters = np.asarray(labels).tolist(), np.asarray(clusters).tolist()
    counts = {(x, y): 0 for x in (True, False) for y in (True, False)}
    for i, j in combinations(range(len(labels)), 2):
        counts[labels[i] == labels[j], clusters[i] == clusters[j] != -1] += 1
    both, kind, cluster, none = (
        counts[x, y] for x, y in ((True, True), (True, False), (False, True), (False, False))
    )
    if kind == cluster == 0:
        return np.float64(1.0)
    # Hubert and Arabie's index in terms of the four kinds of pair.
    below = (both + kind) * (kind + none) + (both + cluster) * (cluster + none)
    return np.float64(2 * (both * none - kind * cluster) / below)


def _one_number(case, output):
    number = as_numbers(output)
    if number is None or number.shape != () or number.dtype.kind == "c":
        raise ValueError("return one number: the adjusted Rand index")
    return np.float64(number)


def _rand_cases(rng, hard):
    def random(name, n, kinds, found, noise=0.0, right=0.6, kind=np.int64):
        labels = rng.integers(0, kinds, n)
        clusters = np.where(rng.random(n) < right, labels % found, rng.integers(0, found, n))
        clusters[rng.random(n) < noise] = -1
        return Case(name, (labels.astype(kind), clusters.astype(kind)))

    blocks = np.repeat([0, 1, 2], 4)
    return [
        Case("four points", (np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1]))),
        Case("the same groups by other numbers", (np.array([0, 0, 1, 1, 2]), [7, 7, 3, 3, 5])),
        Case("one noise point", (np.array([0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, -1]))),
        Case("two noise points", (np.array([0, 0, 0, 1, 1, 1]), np.array([0, -1, 0, 1, 1, -1]))),
        Case("noise beside clusters with high numbers",
             (np.array([0, 0, 0, 1, 1, 1]), np.array([1, -1, 1, 4, 4, -1]))),
        Case("noise beside clusters 2 and 3",
             (np.array([0, 0, 0, 1, 1, 1]), np.array([2, -1, 2, 3, 3, -1]))),
        Case("everything noise", (np.array([0, 0, 1, 1]), np.array([-1, -1, -1, -1]))),
        Case("everything noise, no two of a kind", (np.array([3, 1, 2]), np.array([-1, -1, -1]))),
        Case("one kind, one cluster", (np.array([4, 4, 4]), np.array([2, 2, 2]))),
        Case("ten kinds, one cluster", (np.arange(10), np.zeros(10, dtype=int))),
        Case("worse than chance", (np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))),
        Case("kinds as strings, lists",
             (["space", "cars", "space", "cars", "god"], [1, 0, 1, 0, 0])),
        Case("each kind split in two", (blocks, np.repeat(np.arange(6), 2))),
        Case("two kinds in one cluster", (blocks, np.array([0] * 8 + [1] * 4))),
        Case("kinds marked -1 are no noise", (np.array([-1, -1, 0, 0, 0]), [0, 0, 1, 1, 0])),
        random("forty points", 40, 4, 4),
        random("with noise", 60, 5, 4, noise=0.2),
        random("8-bit numbers", 90, 3, 3, noise=0.05, right=0.9, kind=np.int8),
        # More noise points than 8 bits can number: wrapped, these would meet their own kind.
        Case("8-bit numbers, mostly noise",
             (np.arange(300) % 256, np.repeat(np.array([0, -1], dtype=np.int8), [4, 296]))),
    ] + (
        [
            random("many clusters", 80, 3, 20, noise=0.1),
            random("mostly noise", 50, 4, 4, noise=0.7, right=1.0),
            random("unrelated", 70, 6, 5, right=0.0),
            Case("two points", (np.array([1, 1]), np.array([0, 1]))),
            Case("cluster numbers far apart", ([0, 0, 1], [10**6, 10**6, 3])),
            Case("two points together", (np.array([1, 0]), np.array([5, 5]))),
        ]
        if hard
        else []
    )  # fmt: skip


def _variant(
    *, noise="apart", adjust=True, count="pairs", upper="mean", empty=1.0, measure="rand"
):  # fmt: skip
    """Make an answer with one thing changed."""

    def answer(labels, clusters):
        _, labels = np.unique(np.array(labels), return_inverse=True)
        raw, narrow = np.array(labels), np.array(clusters)
        clusters = narrow.astype(int)
        lonely = clusters == -1
        if noise in ("left out", "left out unguarded"):
            labels, clusters = labels[~lonely], clusters[~lonely]
        elif noise == "by row":
            clusters[lonely] = np.flatnonzero(lonely)
        elif noise == "narrow":
            narrow[lonely] = narrow.max() + 1 + np.arange(lonely.sum())
            clusters = narrow
        elif noise != "one cluster":
            found = np.unique(clusters).size
            first = {"from 0": 0, "at the last": clusters.max(), "counted": found,
                     "counted without": found - lonely.any()}  # fmt: skip
            clusters[lonely] = first.get(noise, clusters.max() + 1) + np.arange(lonely.sum())
        n = len(labels)
        if n < 2 and noise != "left out unguarded":
            return empty
        _, clusters = np.unique(clusters, return_inverse=True)
        table = np.zeros((labels.max() + 1, clusters.max() + 1))
        np.add.at(table, (labels, clusters), 1)

        def pairs(counts):
            squares = {"all squares": counts**2, "squares": counts**2,
                       "half squares": counts**2 / 2, "twice": counts * (counts - 1)}  # fmt: skip
            return squares.get(count, counts * (counts - 1) / 2).sum()

        both, a, b = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
        everything = float(n) ** 2 if count == "all squares" else n * (n - 1) / 2
        if measure == "purity":
            return table.max(axis=0).sum() / n
        if measure == "same number":
            return np.mean(raw == clusters)
        if measure == "jaccard":
            return both / (a + b - both) if a + b else 1.0
        if measure == "no chance":
            return 2 * both / (a + b) if a + b else 1.0
        if not adjust:
            return (everything + 2 * both - a - b) / everything
        with np.errstate(invalid="ignore", divide="ignore"):
            chance = a * b / np.float64(everything)
        top = {"max": max(a, b), "all": everything, "min": min(a, b), "root": (a * b) ** 0.5}
        span = top.get(upper, (a + b) / 2) - chance
        if abs(span) < 1e-12:
            return empty
        found = (both - chance) / span
        return max(found, 0.0) if measure == "clipped" else found

    return answer


_LEFT_OUT = (
    "You leave the noise points out. Then a method that keeps only its three safest points looks "
    "perfect. Give each point marked -1 a cluster of its own."
)
_TAKEN = (
    "such a number may be a cluster's already. Begin above the highest: "
    "`clusters.max() + 1 + np.arange(...)`."
)
_SQUARED = (
    "You square the counts. Among m points there are m (m - 1) / 2 pairs; a point makes no pair "
    "with itself."
)

Q27_RAND = Check(
    id="Q27-rand",
    title="Clusters against known kinds",
    level=2,
    minutes=20,
    points=3,
    function="agreement",
    make_cases=_rand_cases,
    oracle=_pair_by_pair,
    view=_one_number,
    compare=close(rtol=1e-5, atol=1e-5),
    misconceptions=(
        Misconception(
            "noise as a cluster",
            _variant(noise="one cluster"),
            "You treat the noise as one more cluster, so two noise points count as together. "
            "Nobody said that they belong together: give each point marked -1 a cluster of its "
            "own.",
        ),
        Misconception("noise left out", _variant(noise="left out"), _LEFT_OUT),
        Misconception(
            "noise left out, and nothing is left",
            _variant(noise="left out unguarded"),
            f"{_LEFT_OUT} (Where all is noise, nothing would be left.)",
        ),
        Misconception(
            "noise numbered by row",
            _variant(noise="by row"),
            f"You number a noise point by its row, and {_TAKEN}",
        ),
        Misconception(
            "noise numbered from 0",
            _variant(noise="from 0"),
            f"You number the noise points from 0 on, and {_TAKEN}",
        ),
        Misconception(
            "noise numbered from the count on",
            _variant(noise="counted"),
            f"You number the noise points from the count of clusters (with -1) on, and {_TAKEN}",
        ),
        Misconception(
            "noise numbered from the count of clusters without noise on",
            _variant(noise="counted without"),
            f"You number the noise points from the count of clusters on, and {_TAKEN}",
        ),
        Misconception(
            "noise numbered from the last cluster on",
            _variant(noise="at the last"),
            "Your first noise point joins the last cluster: begin at `clusters.max() + 1`.",
        ),
        Misconception(
            "numbers of 8 bits",
            _variant(noise="narrow"),
            "Where clusters come as 8-bit numbers, your new ones for the noise wrap round and "
            "meet others. Copy with `np.array(clusters, dtype=np.int64)` first.",
        ),
        Misconception(
            "not adjusted",
            _variant(adjust=False),
            "This is the plain Rand index: the share of pairs on which both agree. Random clusters "
            "get a high one too, since most pairs are apart. Take off what chance would give, E.",
        ),
        Misconception("points squared, not pairs", _variant(count="all squares"), _SQUARED),
        Misconception(
            "points squared in S, A and B",
            _variant(count="squares"),
            f"{_SQUARED} (In E you have it right.)",
        ),
        Misconception(
            "points squared and halved",
            _variant(count="half squares"),
            "You halve the squares of the counts. Among m points there are m (m - 1) / 2 pairs; a "
            "point makes no pair with itself.",
        ),
        Misconception(
            "each pair twice",
            _variant(count="twice"),
            "You count each pair twice in S, A and B, and once in E. Divide m (m - 1) by 2 "
            "everywhere.",
        ),
        Misconception(
            "without E",
            _variant(measure="no chance"),
            "You divide S by (A + B) / 2. This is not adjusted: subtract E above and below.",
        ),
        Misconception(
            "the larger of both",
            _variant(upper="max"),
            "Below the fraction you take the larger of A and B. It is their mean, (A + B) / 2, "
            "minus E.",
        ),
        Misconception(
            "the smaller of both",
            _variant(upper="min"),
            "Below the fraction you take the smaller of A and B. It is their mean, (A + B) / 2, "
            "minus E.",
        ),
        Misconception(
            "the geometric mean",
            _variant(upper="root"),
            "Below the fraction you take the root of A B. It is their mean, (A + B) / 2, minus E.",
        ),
        Misconception(
            "all pairs below",
            _variant(upper="all"),
            "You divide by all pairs minus E, so even a perfect clustering gets less than 1. Below "
            "the fraction stands (A + B) / 2 - E.",
        ),
        Misconception(
            "zero over zero is zero",
            _variant(empty=0.0),
            "Only the cases where nothing can be gained are wrong: there A = B = E, both groupings "
            "are the same, and the index is 1 by the rule of this exercise.",
        ),
        Misconception(
            "zero over zero",
            _variant(empty=float("nan")),
            "You divide 0 by 0. If (A + B) / 2 = E, both groupings are the same: return 1.",
        ),
        Misconception(
            "clipped",
            _variant(measure="clipped"),
            "You cut the index off at 0. It may be negative: worse than chance.",
        ),
        Misconception(
            "purity",
            _variant(measure="purity"),
            "This is the purity: each cluster counts its most frequent kind. Clusters of one point "
            "each would be perfect. Count pairs, and compare with chance.",
        ),
        Misconception(
            "pairs shared",
            _variant(measure="jaccard"),
            "You divide the pairs that are together in both by those together in either. That is "
            "not adjusted: subtract E above and below.",
        ),
        Misconception(
            "equal numbers",
            _variant(measure="same number"),
            "You compare numbers, but cluster 3 need not be kind 3: only which points are together "
            "counts.",
        ),
    ),
)
