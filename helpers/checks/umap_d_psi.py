"""Check of lesson 08, part D: the population stability index of two histograms."""

from math import log

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q19_PSI"]


def _cell_by_cell(reference, counts):
    """Add up one cell after the other."""
    before = [float(c) + 0.5 for c in reference]
    after = [float(c) + 0.5 for c in counts]
    total = 0.0
    for old, new in zip(before, after, strict=True):
        p, q = old / sum(before), new / sum(after)
        total += (q - p) * log(q / p)
    return total


def _psi_cases(rng, hard):
    def random(name, size, many, few, kind=np.int64):
        p, q = rng.dirichlet(np.ones(size)), rng.dirichlet(np.ones(size))
        drawn = rng.multinomial(many, p), rng.multinomial(few, q)
        return Case(name, tuple(c.astype(kind) for c in drawn))

    return [
        Case("two cells", (np.array([30, 10]), np.array([10, 30]))),
        Case("four times as many points", (np.array([30, 10]), np.array([40, 120]))),
        Case("the same histogram", (np.array([5, 0, 7]), np.array([5, 0, 7]))),
        Case("a cell that fills up", (np.array([40, 40, 0]), np.array([10, 10, 20]))),
        Case("a cell that empties", (np.array([40, 0, 40]), np.array([20, 0, 0]))),
        Case("lists", ([3, 5, 2, 0], [1, 0, 4, 4])),
        Case("no points yet", (np.array([8, 4]), np.array([0, 0]))),
        random("six cells, few points", 6, 200, 9),
        Case("counts in 8 bits", (np.uint8([200, 130, 25]), np.uint8([3, 140, 4]))),
        random("thirty-six cells", 36, 900, 50),
    ] + (
        [
            Case("one cell", (np.array([7]), np.array([3]))),
            random("counts as 32-bit numbers", 12, 300, 40, np.float32),
            random("a large reference", 20, 1_000_000, 100),
            random("counts in 8 bits, large", 3, 400, 250, np.uint8),
        ]
        if hard
        else []
    )


def _variant(
    *, smooth=0.5, where="counts", formula="psi", base=1.0, total="smoothed", kind=float, mean=False
):
    """Make an answer with one thing changed."""

    def answer(reference, counts):
        shares = []
        for c in (reference, counts):
            c = np.asarray(c) if kind is None else np.asarray(c, dtype=kind)
            if where == "shares":
                share = c / c.sum() + smooth
            elif where == "empty":
                share = np.where(c == 0, smooth, c)
                share = share / share.sum()
            elif where == "reference":
                share = c + (smooth if len(shares) == 0 else 0)
                share = share / share.sum()
            elif total == "raw":
                share = (c + smooth) / c.sum()
            elif total == "half":
                share = (c + smooth) / (c.sum() + smooth)
            elif total == "8 bits":
                size = c.sum(dtype=c.dtype) if c.dtype.itemsize == 1 else c.sum()
                share = (c + smooth) / (size + smooth * len(c))
            elif total == "none":
                share = c + smooth
            else:
                share = (c + smooth) / (c + smooth).sum()
            shares.append(share)
        p, q = shares
        with np.errstate(all="ignore"):
            if formula == "psi":
                terms = (q - p) * np.log(q / p)
            elif formula == "forward":
                terms = q * np.log(q / p)
            elif formula == "backward":
                terms = p * np.log(p / q)
            elif formula == "mixture":
                middle = (p + q) / 2
                terms = (p * np.log(p / middle) + q * np.log(q / middle)) / 2
            elif formula == "negative":
                terms = (p - q) * np.log(q / p)
            elif formula == "absolute":
                terms = np.abs(q - p)
            else:
                terms = (q - p) ** 2 / p
            if formula == "nonzero":
                terms = terms[(p > 0) & (q > 0)]
            return (terms.mean() if mean else terms.sum()) / base

    return answer


def _skip_empty(reference, counts):
    p, q = (np.asarray(c, dtype=float) for c in (reference, counts))
    keep = (p > 0) & (q > 0)
    with np.errstate(all="ignore"):
        p, q = p / p.sum(), q / q.sum()
        return ((q - p) * np.log(q / p))[keep].sum()


Q19_PSI = Check(
    id="Q19-psi",
    title="Has the map filled up elsewhere?",
    level=1,
    minutes=10,
    points=2,
    function="stability_index",
    make_cases=_psi_cases,
    oracle=_cell_by_cell,
    compare=close(rtol=1e-6, atol=1e-9),
    misconceptions=(
        Misconception(
            "nothing added",
            _variant(smooth=0.0),
            "You add nothing to the counts, and an empty cell gives a logarithm of 0 or a division "
            "by 0. Add one half to every cell of both histograms first.",
        ),
        Misconception(
            "empty cells left out",
            _skip_empty,
            "You leave out the cells that are empty on one side, which tell most: "
            "add one half to every cell instead.",
        ),
        Misconception(
            "only empty cells filled",
            _variant(where="empty"),
            "You add one half to empty cells only, so a cell with one point and an empty one come "
            "too close. Add it to every cell.",
        ),
        Misconception(
            "only the reference smoothed",
            _variant(where="reference"),
            "You add one half to the reference only. The new counts have empty cells too: add it "
            "to both.",
        ),
        Misconception(
            "a whole point added",
            _variant(smooth=1.0),
            "You add 1 to every cell; this exercise adds one half.",
        ),
        Misconception(
            "added to shares",
            _variant(where="shares"),
            "You add one half to the shares, which drowns them. Add it to the counts, then divide.",
        ),
        Misconception(
            "divided by the raw total",
            _variant(total="raw"),
            "You add one half to each cell but divide by the old total, so the shares do not add "
            "up to 1. Divide by the total after adding.",
        ),
        Misconception(
            "half a point in the total",
            _variant(total="half"),
            "You add one half to the total, but each cell got one half: divide by the sum of the "
            "cells after adding.",
        ),
        Misconception(
            "total in 8 bits",
            _variant(total="8 bits", kind=None),
            "You add up the counts in 8 bits, which wrap at 256. Turn them into floats first.",
        ),
        Misconception(
            "counts for shares",
            _variant(total="none"),
            "You compare counts. A batch of 50 and a reference of 900 must be made comparable: "
            "divide each histogram by its own total.",
        ),
        Misconception(
            "one direction only, from the reference",
            _variant(formula="backward"),
            "You return the Kullback-Leibler divergence of p from q, one of the two terms of "
            "what is asked. The factor in front of the logarithm is q - p.",
        ),
        Misconception(
            "one direction only, from the batch",
            _variant(formula="forward"),
            "You return the Kullback-Leibler divergence of q from p, one of the two terms of "
            "what is asked. The factor in front of the logarithm is q - p.",
        ),
        Misconception(
            "divergence from the mixture",
            _variant(formula="mixture"),
            "You compare both with their mean (the Jensen-Shannon divergence). Compare q with p.",
        ),
        Misconception(
            "the sign turned",
            _variant(formula="negative"),
            "Your index is negative. Factor and logarithm must point the same way: (q - p) with "
            "log(q / p).",
        ),
        Misconception(
            "sum of differences",
            _variant(formula="absolute"),
            "You add up |q - p|. The index weighs each difference by log(q / p).",
        ),
        Misconception(
            "chi-square",
            _variant(formula="chi-square"),
            "You return (q - p)² / p, the chi-square form, which is near the index for small "
            "changes only. The second factor is log(q / p).",
        ),
        Misconception(
            "mean of both divergences",
            _variant(base=2.0),
            "Your index is half of what is asked: add the two divergences, do not average them.",
        ),
        Misconception(
            "logarithm to base 2",
            _variant(base=log(2)),
            "Your index is 1.44 times too large: take the natural logarithm.",
        ),
        Misconception(
            "logarithm to base 10",
            _variant(base=log(10)),
            "Your index is 2.3 times too small: take the natural logarithm.",
        ),
        Misconception(
            "mean over the cells",
            _variant(mean=True),
            "You take the mean over the cells. Add them up.",
        ),
    ),
)
