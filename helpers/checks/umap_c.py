"""Check of lesson 08, part C: trustworthiness from ranks."""

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["CHECKS"]


def _by_loops(points, picture, k):
    """Add up, point by point, how far the false neighbours come from (Venna and Kaski 2001)."""
    points, picture = (np.array(x, dtype=np.float64) for x in (points, picture))
    n, penalty = len(points), 0

    def nearest_first(x, i):
        others = [j for j in range(n) if j != i]
        return sorted(others, key=lambda j: (sum((x[i] - x[j]) ** 2), j))

    for i in range(n):
        rank = {j: place for place, j in enumerate(nearest_first(points, i), start=1)}
        for j in nearest_first(picture, i)[:k]:
            penalty += max(0, rank[j] - k)
    return 1 - 2 * penalty / (n * k * (2 * n - 3 * k - 1))


def _number(case, output):
    value = as_numbers(output)
    if value is None or value.size != 1:
        shape = "" if value is None else f", not an array of the shape {value.shape}"
        raise ValueError(f"return one number, the trustworthiness{shape}")
    if value.dtype.kind == "c":
        raise ValueError("return a real number, not a complex one")
    return value.reshape(()).astype(np.float64)


def _without_ties(rng, n, span):
    # Equal distances are judged in cases of their own: elsewhere any right sort must do.
    while True:
        places = rng.permutation(span)[: 2 * n].reshape(n, 2)
        gaps = np.sort(((places[:, None] - places) ** 2).sum(axis=2), axis=1)
        if (np.diff(gaps, axis=1) > 0).all():
            return places.astype(float)


def _trust_cases(rng, hard):
    def cloud(n, d=3):
        return rng.normal(size=(n, d))

    line = np.array([[0.0], [1.0], [3.0], [7.0], [15.0]])
    swapped = line[[0, 3, 2, 1, 4]]
    points = cloud(9)
    close_by = points[:, :2] + 0.5 * cloud(9, 2)
    grid = np.array([[x, y] for x in range(3) for y in range(3)], dtype=float)
    walk = rng.permutation(9)[:, None].astype(float)
    # Up to 16 numbers NumPy's default sort leaves ties in their order, on many processors.
    sheet = np.array([[x, y] for x in range(6) for y in range(6)], dtype=float)
    stroll = rng.permutation(36)[:, None].astype(float)
    double = np.array([[0, 0], [5, 1], [0, 0], [2, 7], [5, 1], [9, 4], [3, 3]], dtype=float)
    pixels = rng.integers(0, 256, (9, 4)).astype(np.uint8)
    # So far out that 2 x.y takes all the digits of |x|^2 + |y|^2: a product finds no distance.
    large = 2.0**25 + _without_ties(rng, 18, 60)  # 32 bits keep every fourth
    far = 2.0**40 + _without_ties(rng, 20, 4000)
    cases = [
        Case("five points on a line, two exchanged", (line, swapped, 1)),
        Case("the same five points, k = 2", (line, swapped, 2)),
        Case("a picture without a mistake", (points, 3 * points + 1, 3)),
        Case("a picture that has nothing to do with it", (points, cloud(9, 2), 2)),
        Case("nine points, k = 4", (points, cloud(9, 2), 4)),
        Case("a middling picture", (points, close_by, 3)),
        Case("points and picture exchanged", (close_by, points, 3)),
        Case("a picture with one column", (points, cloud(9, 1), 3)),
        Case("a picture with more columns than the points", (points[:, :1], cloud(9, 2), 3)),
        Case("whole numbers in lists", (line.astype(int).tolist(), [[4], [9], [1], [0], [30]], 2)),
        Case("equal distances among the points: the lower row is nearer", (grid, walk, 2)),
        Case("equal distances in the picture: the lower row is nearer", (walk, grid, 2)),
        Case("a grid of 36 points: of equal distances the lower row's is nearer",
             (sheet, stroll, 4)),
        Case("a picture that is a grid of 36: of equal distances the lower row's is nearer",
             (stroll, sheet, 4)),
        Case("points in the same place", (double, cloud(7, 2), 2)),
        Case("places that are the same in the picture", (cloud(7), double, 2)),
        Case("pixels, 0 to 255, in 8 bits", (pixels, cloud(9, 2), 3)),
        Case("whole numbers near 33,554,432", (large, cloud(18, 2), 6)),
        Case("the same whole numbers, another picture", (large, cloud(18, 2), 4)),
        Case("a cloud far from the origin", (far, cloud(20, 2), 3)),
        Case("a larger cloud", (cloud(25, 4), cloud(25, 2), 5)),
    ]  # fmt: skip
    if hard:
        wide = cloud(31, 10)
        cases += [
            Case("three points", (cloud(3), cloud(3, 2), 1)),
            Case("four points, all in the same place in the picture", (cloud(4), np.ones((4, 2)),
                                                                      1)),
            Case("the first two columns of ten", (wide, wide[:, :2], 10)),
            Case("32-bit numbers", (wide.astype(np.float32), wide[:, :2].astype(np.float32), 7)),
            Case("transposed memory", (np.asfortranarray(wide), wide[:, 1:3], 15)),
        ]  # fmt: skip
    return cases


def _variant(
    *, kind=np.float64, product=False, itself="never", ranks_of="points", order_as_ranks=False,
    transposed=False, first=1, ties="lower", exchanged=False, excess=lambda r, k: r - k,
    bonus=False, columns=None,
    scale=lambda n, k: 2 / (n * k * (2 * n - 3 * k - 1)), result=lambda penalty: 1 - penalty,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def distances(x):
        x = np.array(x) if kind is None else np.array(x, dtype=kind)
        with np.errstate(all="ignore"):
            if product:
                squares = (x * x).sum(axis=1)
                return squares[:, None] + squares - 2 * x @ x.T
            gaps = x[:, None] - x[None]
            return (gaps * gaps).sum(axis=2).astype(np.float64)

    def nearest_first(gaps):
        if itself == "never":
            gaps = gaps.copy()
            np.fill_diagonal(gaps, np.inf)
        if ties == "higher":
            return len(gaps) - 1 - np.argsort(gaps[:, ::-1], axis=1, kind="stable")
        order = np.argsort(gaps, axis=1, kind=None if ties == "any" else "stable")
        return order[:, 1:] if itself == "the first" else order

    def trust(points, picture, k):
        shown_columns = np.array(picture)[:, :columns] if columns else picture
        before, after = distances(points), distances(shown_columns)
        if exchanged:
            before, after = after, before
        n = len(before)
        order, shown = nearest_first(before), nearest_first(after)[:, :k]
        if ranks_of == "picture":
            order = nearest_first(after)
        ranks = np.full((n, n), first - 1)
        places = np.arange(first, order.shape[1] + first)
        np.put_along_axis(ranks, order, np.broadcast_to(places, order.shape), axis=1)
        if order_as_ranks:
            ranks = order + first
        if ties == "shared":
            np.fill_diagonal(before, np.inf)
            ranks = 1 + (before[:, None, :] < before[:, :, None]).sum(axis=2)
        if transposed:
            ranks = ranks.T
        beyond = np.take_along_axis(ranks, shown, axis=1)
        beyond = excess(beyond, k) if bonus else excess(beyond, k)[beyond > k]
        return float(result(beyond.sum() * scale(n, k)))

    return trust


CHECKS = (
    Check(
        id="X-trust",
        title="Trustworthiness from ranks",
        level=2,
        minutes=25,
        points=3,
        function="trust",
        make_cases=_trust_cases,
        oracle=_by_loops,
        view=_number,
        compare=close(rtol=1e-6, atol=1e-6),
        misconceptions=(
            Misconception(
                "continuity",
                _variant(exchanged=True),
                "You exchanged points and picture: this is the continuity. Take the k nearest in "
                "the *picture*, and their ranks among the *points*.",
            ),
            Misconception(
                "ranks in the picture",
                _variant(ranks_of="picture"),
                "You return 1 for every picture. That happens if you look up the ranks in the "
                "picture, where the k nearest have ranks 1 to k and nothing is ever wrong. The "
                "ranks are those among `points`.",
            ),
            Misconception(
                "the point itself counted",
                _variant(itself="counted", first=0),
                "The first of your k neighbours is the point itself, at distance 0: set the "
                "diagonal of both distance matrices to infinity before you sort.",
            ),
            Misconception(
                "the point itself counted, nearest first",
                _variant(itself="counted"),
                "You sort with the point itself among its neighbours, and it gets rank 1: set the "
                "diagonal of both distance matrices to infinity before you sort.",
            ),
            Misconception(
                "the first dropped",
                _variant(itself="the first"),
                "You drop whatever comes first, which need not be the point itself: another point "
                "may lie in the same place. Set the diagonal of the distances to infinity.",
            ),
            Misconception(
                "ranks from 0",
                _variant(first=0),
                "Your nearest point has rank 0. Ranks begin at 1, so that a rank of k is just "
                "inside and k + 1 costs 1.",
            ),
            Misconception(
                "order taken for ranks",
                _variant(order_as_ranks=True),
                "`np.argsort` gives *which* point comes at each place, not at which place each "
                "point comes. Apply it once more: `np.argsort(order, axis=1) + 1`.",
            ),
            Misconception(
                "order from 0 taken for ranks",
                _variant(order_as_ranks=True, first=0),
                "You use `np.argsort` once: that is *which* point comes at each place. For the "
                "place of each point apply it once more: `np.argsort(order, axis=1) + 1`.",
            ),
            Misconception(
                "ranks the other way",
                _variant(transposed=True),
                "You use the rank of i as seen from j. Here i asks: it is the rank of j among the "
                "points sorted by their distance from i, row i of the ranks.",
            ),
            Misconception(
                "a sort that is not stable",
                _variant(ties="any"),
                "Where points are at the same distance, the lower row is nearer. NumPy's default "
                'sort leaves their order open: `np.argsort(..., kind="stable")`.',
            ),
            Misconception(
                "true neighbours earn a bonus",
                _variant(bonus=True),
                "With you a neighbour that is right earns a bonus, since its r - k is below 0. "
                "That counts as 0: max(0, r - k).",
            ),
            Misconception(
                "two columns",
                _variant(columns=2),
                "You look only at the first two columns of the picture. It may have any number "
                "of them.",
            ),
            Misconception(
                "equal distances share a rank",
                _variant(ties="shared"),
                "With you, points at the same distance share a rank. Here no two do: the lower row "
                'is nearer, as `np.argsort(..., kind="stable")` has it.',
            ),
            Misconception(
                "the higher row first",
                _variant(ties="higher"),
                "Of two points at the same distance you take the higher row first. The lower one "
                'is nearer: `np.argsort(..., kind="stable")`.',
            ),
            Misconception(
                "false neighbours counted",
                _variant(excess=lambda r, k: np.ones_like(r)),
                "You count the false neighbours, and all cost the same. Each costs r - k: how far "
                "outside the true k it is.",
            ),
            Misconception(
                "share of true neighbours",
                _variant(excess=lambda r, k: np.ones_like(r), scale=lambda n, k: 1 / (n * k)),
                "This is the recall, the share of true neighbours. In the trustworthiness a false "
                "neighbour costs r - k: how far outside the true k it is.",
            ),
            Misconception(
                "whole rank",
                _variant(excess=lambda r, k: r),
                "A false neighbour costs r - k, not r: with rank k + 1 it is only one place "
                "outside.",
            ),
            Misconception(
                "not scaled",
                _variant(scale=lambda n, k: 1.0),
                "You subtract the bare sum from 1. Multiply it by 2 / (n k (2n - 3k - 1)) first, "
                "so that the worst picture has 0.",
            ),
            Misconception(
                "the 2 left out",
                _variant(scale=lambda n, k: 1 / (n * k * (2 * n - 3 * k - 1))),
                "The penalty is half of what it should be: the factor is 2 / (n k (2n - 3k - 1)).",
            ),
            Misconception(
                "the mean penalty",
                _variant(scale=lambda n, k: 1 / (n * k)),
                "You subtract the mean of r - k. It is not yet between 0 and 1: the factor is "
                "2 / (n k (2n - 3k - 1)).",
            ),
            Misconception(
                "k left out of the factor",
                _variant(scale=lambda n, k: 2 / (n * (2 * n - 3 * k - 1))),
                "The penalty is k times too large: the factor is 2 / (n k (2n - 3k - 1)).",
            ),
            Misconception(
                "plus 1 in the factor",
                _variant(scale=lambda n, k: 2 / (n * k * (2 * n - 3 * k + 1))),
                "The bracket of the factor is 2n - 3k - 1, with a minus before the 1.",
            ),
            Misconception(
                "the penalty itself",
                _variant(result=lambda penalty: penalty),
                "You return the penalty. Trustworthiness is 1 minus it, so that the best picture "
                "has 1.",
            ),
            Misconception(
                "8-bit arithmetic",
                _variant(kind=None),
                "You compute in the input's own type, and differences of 8-bit pixels wrap "
                "around: 3 - 5 is 254. Convert first: `np.array(x, dtype=float)`.",
            ),
            Misconception(
                "distances by a product",
                _variant(product=True),
                "Far from the origin |x|^2 + |y|^2 - 2xy is the small difference of huge numbers "
                "and loses everything. Subtract the rows first, then square.",
            ),
            Misconception(
                "32 bits",
                _variant(kind=np.float32),
                "You compute in 32 bits, where points far from the origin fall together. Use "
                "64: `np.array(x, dtype=float)`.",
            ),
        ),
    ),
)
