"""Check of lesson 06, part A: how much the norm should count, chosen by hits."""

from math import fsum, hypot

import numpy as np

from helpers.checks.comparing import as_numbers, close, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q17_EXPONENT"]


def _one_by_one(queries, items, relevant, exponents, k):
    """Score each item for each query and count by hand what stands before the relevant one."""
    norms = [hypot(*map(float, item)) for item in items]
    shares = []
    for exponent in exponents:
        hits = 0
        for query, wanted in zip(queries, relevant, strict=True):
            length = hypot(*map(float, query))
            scores = [
                0.0 if norm == 0
                else fsum(float(q) * float(x) for q, x in zip(query, item, strict=True))
                / length / norm * norm ** float(exponent)
                for item, norm in zip(items, norms, strict=True)
            ]  # fmt: skip
            hits += sum(score > scores[wanted] for score in scores) < k
        shares.append(hits / len(queries))
    best = max(shares)
    ways = [e for e, share in zip(exponents, shares, strict=True) if share == best]
    nearest = min(abs(e) for e in ways)
    return min(e for e in ways if abs(e) == nearest), np.array(shares)


def _real(case, output):
    parts = output if isinstance(output, list | tuple) else [output]
    for part in map(as_numbers, parts):
        if part is not None and part.dtype.kind == "c":
            raise ValueError("it returned complex numbers, where real ones should come back")
    return output


def _cases(rng, hard):
    def world(m, n, alpha, d=4, spread=0.6, noise=0.0):
        """Draw queries whose relevant item is among the best by cosine * norm**alpha."""
        queries = rng.normal(size=(m, d)) * np.exp(rng.normal(size=(m, 1)))
        items = rng.normal(size=(n, d)) * np.exp(spread * rng.normal(size=(n, 1)))
        norms = np.linalg.norm(items, axis=1)
        cosines = queries @ items.T / norms / np.linalg.norm(queries, axis=1, keepdims=True)
        scores = cosines * norms**alpha + noise * rng.normal(size=(m, n))
        place = rng.integers(0, 3, m)
        return queries, items, np.argsort(-scores, axis=1)[np.arange(m), place]

    plane = np.array([[1.0, 0.0]]), np.array([[0.8, 0.6], [1.8, 2.4], [-5.0, 1.0]])
    zeros = list(world(8, 9, 0.5))
    zeros[1][[0, 3]] = 0
    zeros[2] = np.where(np.isin(zeros[2], [0, 3]), 5, zeros[2])
    far = rng.normal(size=(4, 3)) + [3, 0, 0]
    behind = -(rng.normal(size=(6, 3)) * 0.5 + [3, 0, 0]) * np.exp(rng.normal(size=(6, 1)))
    cases = [
        Case("cosine is right", (*plane, np.array([0]), [0, 1], 1)),
        Case("the dot product is right", (*plane, np.array([1]), [0, 1], 1)),
        Case("all are right: nearest to 0", (*plane, np.array([1]), [1, 0.5, -2, 2], 3)),
        Case("equally near: the negative one", (*plane, np.array([0]), [0.1, -0.1, 3], 1)),
        Case("an item that stands twice", (
            np.array([[1.0, 0.0]]), np.array([[3.0, 4.0], [3.0, 4.0], [0.0, 5.0]]), np.array([1]),
            [0, 1], 1)),
        Case("the last item, k = 2", (*plane, np.array([2]), [1, 2], 2)),
        Case("20 queries, alpha 1", (*world(20, 15, 1.0), [0, 0.5, 1, 1.5], 3)),
        Case("20 queries, alpha 0.4, noise", (*world(20, 15, 0.4, noise=0.2), [1, 0.4, 0, -1], 2)),
        Case("short items are better", (*world(20, 15, -0.7), [1, 0, -0.7, -2], 2)),
        Case("all cosines negative", (far, behind, np.array([0, 1, 2, 3]), [-1, 0, 1, 2], 2)),
        Case("items of zeros, negative exponents", (*zeros, [-1, 0.0, 0.5], 3)),
        Case("items of zeros before items behind", (
            far, np.vstack([behind, np.zeros((2, 3))]), np.array([0, 1, 2, 3]), [1, 0, -1, -2], 4)),
        Case("one exponent", (*world(6, 5, 0.0), [0.3], 1)),
        Case("lists of whole numbers", (
            [[2, 1], [0, 3]], [[1, 0], [4, 5], [-2, 7]], [1, 2], [2, 0, 1, -1], 1)),
        Case("32-bit numbers", (
            *(a.astype(np.float32) for a in world(12, 10, 1.0)[:2]),
            rng.integers(0, 10, 12), [0, 1, 2], 4)),
    ]  # fmt: skip
    if hard:
        cases += [
            Case("many", (*world(30, 60, 0.6, d=12, noise=0.1), np.linspace(-1, 2, 7), 5)),
            Case("k = 1, many exponents", (*world(30, 20, 0.25), [2, 1.5, 1, 0.5, 0.25, 0], 1)),
            Case("one item", (rng.normal(size=(3, 2)), rng.normal(size=(1, 2)),
                              np.zeros(3, int), [1, -1, -3], 1)),
        ]  # fmt: skip
    return cases


def _variant(
    *, rank="before", power="of the norm", start="cosine", tie="near zero", query_power=False,
    best=max, zeros="score 0", absolute=False, share=True,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def choose_exponent(queries, items, relevant, exponents, k):
        q, x = np.asarray(queries, dtype=float), np.asarray(items, dtype=float)
        norms, lengths = np.linalg.norm(x, axis=1), np.linalg.norm(q, axis=1, keepdims=True)
        safe = np.where(norms > 0, norms, 1)
        dots = q @ x.T
        cosines = dots / safe / lengths
        if absolute:
            cosines = np.abs(cosines)
        shares = []
        with np.errstate(all="ignore"):
            for e in exponents:
                if start == "dot":
                    scores = dots * (norms if zeros == "power" else safe) ** float(e)
                elif power == "of the score":
                    scores = np.sign(dots) * np.abs(dots) ** e
                elif power == "factor":
                    scores = cosines * safe * e
                elif power == "one less":
                    scores = cosines * safe ** (e - 1.0)
                elif power == "logs":
                    scores = np.log(cosines) + e * np.log(safe)
                elif zeros == "power":
                    scores = cosines * norms ** float(e)
                elif zeros == "last":
                    scores = np.where(norms > 0, cosines * safe**e, -np.inf)
                else:
                    scores = cosines * safe**e
                own = scores[np.arange(len(q)), relevant][:, None]
                if rank == "first only":
                    hits = scores.argmax(axis=1) == np.asarray(relevant)
                elif rank == "one too many":
                    hits = (scores > own).sum(axis=1) <= k
                elif rank == "itself counted":
                    hits = (scores >= own).sum(axis=1) < k
                elif rank == "place":
                    places = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1)
                    hits = places[np.arange(len(q)), relevant] < k
                elif rank == "worst":
                    hits = (scores < own).sum(axis=1) < k
                else:
                    hits = (scores > own).sum(axis=1) < k
                shares.append(hits.mean() if share else hits.sum())
        top = best(shares)
        ways = [e for e, s in zip(exponents, shares, strict=True) if s == top]
        if tie == "first":
            chosen = ways[0]
        elif tie == "smallest":
            chosen = min(ways)
        elif tie == "positive":
            chosen = min(ways, key=lambda e: (abs(e), -e))
        else:
            chosen = min(ways, key=lambda e: (abs(e), e))
        return chosen, np.array(shares)

    return choose_exponent


Q17_EXPONENT = Check(
    id="Q17-exponent",
    title="Choose the exponent",
    level=2,
    minutes=20,
    points=3,
    function="choose_exponent",
    make_cases=_cases,
    oracle=_one_by_one,
    view=_real,
    compare=structure(close(rtol=1e-9), close(rtol=1e-9, atol=1e-12)),
    misconceptions=(
        Misconception(
            "power on top of the dot product",
            _variant(start="dot"),
            "You multiply the dot product by the norm to the exponent, so that 0 gives the dot "
            "product. Start from cosine: 0 is cosine, 1 the dot product.",
        ),
        Misconception(
            "power on top of the dot product, zeros too",
            _variant(start="dot", zeros="power"),
            "Your shares are those of the exponents plus 1: the dot product holds one norm "
            "already, so multiply it by norm**(beta - 1). And items of zeros score 0, not NaN.",
        ),
        Misconception(
            "the whole score to a power",
            _variant(power="of the score"),
            "You raise the whole score to the exponent, which changes no ranking. Only the norm "
            "of the item is raised: cosine * norm**exponent.",
        ),
        Misconception(
            "factor instead of power",
            _variant(power="factor"),
            "You multiply by the exponent. It is an exponent: cosine * norm**exponent.",
        ),
        Misconception(
            "only the first place",
            _variant(rank="first only"),
            "You count a query only if its relevant item comes first. It is a hit if fewer than k "
            "items score strictly more.",
        ),
        Misconception(
            "one place too many",
            _variant(rank="one too many"),
            "You allow k items before the relevant one. Among the best k it is if *fewer* than k "
            "score more: `<`, not `<=`.",
        ),
        Misconception(
            "itself counted",
            _variant(rank="itself counted"),
            "You count the relevant item among those before it (>=). Only items that score "
            "strictly more stand before it: use >.",
        ),
        Misconception(
            "place in the sorted list",
            _variant(rank="place"),
            "You let an item of equal score stand before the relevant one, as places in a sorted "
            "list do. Count only the items that score strictly more.",
        ),
        Misconception(
            "logarithms",
            _variant(power="logs"),
            "A negative cosine has no logarithm: the comparisons with NaN are all False. Score "
            "cosine * norm**exponent itself.",
        ),
        Misconception(
            "exponents one too small",
            _variant(power="one less"),
            "Your exponents are all one too small: beta - 1 goes with the dot product, beta with "
            "the cosine.",
        ),
        Misconception(
            "items of zeros last",
            _variant(zeros="last"),
            "You put items of zeros at the very end. They score 0, and so stand before items with "
            "a negative cosine.",
        ),
        Misconception(
            "the lowest scores",
            _variant(rank="worst"),
            "You count the items that score less. Larger scores are better here: those that score "
            "more stand before the relevant item.",
        ),
        Misconception(
            "the sign lost",
            _variant(absolute=True),
            "You take the absolute value of the cosine. An item that points the other way belongs "
            "to the end of the ranking: keep the sign.",
        ),
        Misconception(
            "the worst exponent",
            _variant(best=min),
            "The shares are right, but you choose the exponent with the *fewest* hits.",
        ),
        Misconception(
            "the first of equal ones",
            _variant(tie="first"),
            "The shares are right. Among equally good exponents choose the one nearest to 0, not "
            "the first of the list (np.argmax returns the first).",
        ),
        Misconception(
            "the smallest of equal ones",
            _variant(tie="smallest"),
            "The shares are right. Among equally good exponents choose the one nearest to 0, not "
            "the smallest.",
        ),
        Misconception(
            "the positive of two",
            _variant(tie="positive"),
            "The shares are right. Of two exponents equally near to 0 the negative one is to be "
            "returned.",
        ),
        Misconception(
            "counts",
            _variant(share=False),
            "You return numbers of hits. Divide by the number of queries: a share.",
        ),
        Misconception(
            "zero to a negative power",
            _variant(zeros="power"),
            "You raise 0 to a negative power: 0 times infinity is NaN, or the item comes first. "
            "Items of zeros score 0, whatever the exponent.",
        ),
    ),
)
