"""Check of lesson 03, part 6: how many documents to rerank (Q10)."""

import math

import numpy as np

from helpers.checks.comparing import as_numbers, equal
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["CHOOSE"]


def slow_choice(ks, quality, cost_ms, budget_ms, draws):
    """Choose K as the task says, resample by resample."""
    quality = [[float(q) for q in row] for row in quality]
    fits = [i for i, cost in enumerate(cost_ms) if cost <= budget_ms]
    if not fits:
        return 0
    means = [math.fsum(row) / len(row) for row in quality]
    best = max(fits, key=lambda i: (means[i], -i))
    for i in fits:
        gains = [a - b for a, b in zip(quality[best], quality[i], strict=True)]
        found = sorted(math.fsum(gains[j] for j in draw) / len(draw) for draw in draws)
        place = 0.025 * (len(found) - 1)
        low = math.floor(place)
        high = min(low + 1, len(found) - 1)
        if found[low] + (place - low) * (found[high] - found[low]) <= 0:
            return int(ks[i])
    raise AssertionError("the best itself is always as good as the best")


def _chosen(got, expected):
    problem, number = equal(got, expected), as_numbers(got)
    if problem is None or number is None or number.ndim:
        return problem
    if expected == 0:
        return f"it chose {number:g}, where 0 should come back: no K is affordable"
    return f"it chose {number:g}; the smallest affordable K that is not clearly worse is {expected}"


def _choice(
    *, paired=True, budget=True, strict=False, affordable_best=True, pick=0, rule="bootstrap",
    level=0.025, index=False, below=False, left="last",
):  # fmt: skip
    def answer(ks, quality, cost_ms, budget_ms, draws):
        ks, quality, cost = np.asarray(ks), np.asarray(quality, float), np.asarray(cost_ms, float)
        fits = np.flatnonzero((cost < budget_ms) if strict else (cost <= budget_ms))
        fits = fits if budget else np.arange(len(ks))
        if not len(fits):
            return 0
        means = quality.mean(axis=1)
        pool = fits if affordable_best else np.arange(len(ks))
        best = pool[means[pool].argmax()]
        if rule == "mean":
            good = [i for i in fits if means[i] == means[best]]
        elif rule == "all":
            good = list(fits)
        elif rule == "normal":
            gaps = quality[best] - quality
            errors = gaps.std(axis=1) / math.sqrt(gaps.shape[1])
            good = [i for i in fits if gaps[i].mean() <= 1.96 * errors[i]]
        elif paired:
            drawn = (quality[best] - quality)[:, draws].mean(axis=2)
            low = np.quantile(drawn, level, axis=1)
            good = [i for i in fits if (low[i] < 0 if below else low[i] <= 0)]
        else:
            drawn = quality[:, draws].mean(axis=2)
            low, high = np.quantile(drawn, [level, 1 - level], axis=1)
            good = [i for i in fits if low[best] <= high[i]]
        if not good and left == "none":
            return None
        chosen = good[pick] if good else {"last": fits[-1], "best": best}[left]
        return int(chosen if index else ks[chosen])

    return answer


def _choose_cases(rng, hard):
    def draws(n, times=200):
        return rng.integers(n, size=(times, n))

    def table(n, means, noise, shared=0.25):
        """Make queries of different difficulty, shared by all K, and a small part of its own."""
        hard_queries = rng.normal(0, shared, size=n)
        own = rng.normal(0, 1, size=(len(means), n))
        own -= own.mean(axis=1, keepdims=True)
        return np.round(np.array(means)[:, None] + hard_queries + noise * own, 4)

    ks, cost = [2, 5, 10, 20, 50], [80.0, 200.0, 400.0, 800.0, 2000.0]
    flat = np.array([[0.25, 0.5, 0.75, 0.5], [0.5, 0.5, 0.75, 1.0]])
    # The middle ones rise clearly on every query, though the queries differ far more.
    steps = table(40, [0.50, 0.56, 0.62, 0.68, 0.74], 0.02)
    cases = [
        Case("one K", ([3], flat[:1], [10.0], 20.0, draws(4))),
        Case("two alike: the smaller one", ([4, 9], flat[[0, 0]], [10.0, 20.0], 50.0, draws(4))),
        Case("no K is affordable", ([4, 9], flat, [10.0, 20.0], 5.0, draws(4))),
        Case(
            "each K clearly better than the one before",
            (ks, steps, cost, 5000.0, draws(40)),
        ),
        Case("the same, within 800 ms, to the millisecond", (ks, steps, cost, 800.0, draws(40))),
        Case(
            "no gain after the third",
            (ks, table(60, [0.5, 0.6, 0.7, 0.702, 0.703], 0.05), cost, 5000.0, draws(60)),
        ),
        Case(
            "the largest is clearly worse",
            (ks, table(50, [0.6, 0.7, 0.66, 0.62, 0.58], 0.02), cost, 5000.0, draws(50)),
        ),
        Case(
            "a plateau, then a rise",
            (ks, table(60, [0.5, 0.6, 0.602, 0.75, 0.752], 0.04), cost, 5000.0, draws(60)),
        ),
        Case(
            "noise wherever one looks: none is clearly worse",
            (ks, table(12, [0.60, 0.61, 0.62, 0.63, 0.64], 0.4), cost, 900.0, draws(12)),
        ),
        Case(
            "the fourth is nearly as good as the fifth",
            (ks, table(60, [0.4, 0.5, 0.55, 0.70, 0.702], 0.06), cost, 2000.0, draws(60)),
        ),
        Case(
            "the best is over the budget, the two below it are level",
            (ks, table(60, [0.4, 0.5, 0.698, 0.70, 0.80], 0.06), cost, 800.0, draws(60)),
        ),
        Case(
            "lists",
            (ks, steps.tolist(), cost, 399, draws(40).tolist()),
        ),
        Case("a single query", ([1, 2], [[0.2], [0.4]], [1.0, 2.0], 2.0, [[0], [0], [0]])),
        *(_standard_errors(rng, gap) for gap in (1.8, 1.82, 2.4)),
        *_borderline(rng, 3),
        *_few_resamples(draws(6)),
    ]
    if hard:
        cases += [*_borderline(rng, 6), _standard_errors(rng, 1.78)]
    return cases


def _standard_errors(rng, gap):
    """Make two K whose difference is so many standard errors: 1.65 to 1.96 is no clear gap."""
    n = 48
    own = rng.normal(size=n)
    own = (own - own.mean()) / own.std()
    worse = 0.6 + rng.normal(0, 0.3, size=n)
    quality = np.round([worse, worse + 0.05 * (own + gap / math.sqrt(n))], 4)
    return Case(
        f"a gap of {gap} standard errors",
        ([8, 16], quality, [300.0, 600.0], 700.0, rng.integers(n, size=(800, n))),
    )


def _few_resamples(random):
    """Make two K with resamples that tell rules apart that random ones can hardly tell apart."""

    def case(name, gains, draws):
        gains = np.array(gains)
        quality = np.round([np.full(len(gains), 0.5), 0.5 + gains], 4)
        return Case(name, ([4, 9], quality, [10.0, 20.0], 50.0, draws))

    def rows(*numbers):
        return np.repeat(np.array(numbers)[:, None], 16, axis=1)

    most = [0.1] * 14
    return [
        case("the resamples decide", [*most, 0.1, -0.05], rows(*[15] * 40)),
        case("one resample of 41 is below 0", [*most, 0.1, -0.45], rows(15, *[0] * 40)),
        case("two resamples of 41 are below 0", [*most, -0.01, -0.3], rows(15, 14, *[0] * 39)),
        case("the lower end is exactly 0", [0.0] * 5 + [0.5], random),
    ]


def _borderline(rng, n_cases):
    """Make cases in which the interval decides: gains of one to three standard errors."""
    cases = []
    for number in range(n_cases):
        n = int(rng.integers(16, 60))
        gains = np.sort(rng.uniform(0, 3.2, size=5))[::-1]
        own = rng.normal(size=(5, n))
        own = (own - own.mean(axis=1, keepdims=True)) / own.std(axis=1, keepdims=True)
        quality = (
            0.6 + rng.normal(0, 0.3, size=n) - 0.1 * gains[:, None] / math.sqrt(n) + 0.07 * own
        )
        ks = np.array([2, 5, 10, 20, 50]) + int(rng.integers(3))
        budget = float(rng.choice([300.0, 900.0, 3000.0]))
        args = (ks, np.round(quality, 4), ks * 40.0, budget, rng.integers(n, size=(200, n)))
        cases.append(Case(f"a close call, number {number + 1}", args))
    return cases


CHOOSE = Check(
    id="Q10-choose",
    title="Choose K",
    level=3,
    minutes=20,
    points=4,
    function="choose_k",
    make_cases=_choose_cases,
    oracle=slow_choice,
    compare=_chosen,
    misconceptions=(
        Misconception(
            "the budget ignored",
            _choice(budget=False),
            "You choose a K that costs more than the budget: look only at those with "
            "`cost_ms <= budget_ms`, for the best and for the choice.",
        ),
        Misconception(
            "compared with a K that nobody can pay",
            _choice(affordable_best=False),
            "You compare with the best K of all, also when it is over the budget. The alternative "
            "is the best *affordable* K.",
        ),
        Misconception(
            "compared with a K that nobody can pay, and nothing left",
            _choice(affordable_best=False, left="none"),
            "Your best K may be over the budget, and then none of the affordable ones holds out "
            "against it and nothing comes back: first keep the affordable K, then take the best of "
            "*these*.",
        ),
        Misconception(
            "below 0 instead of at most 0, and nothing left",
            _choice(below=True, left="none"),
            "You ask for a lower end below 0. The best compared with itself has exactly 0, so "
            "nothing may be left to return: clearly worse means *above* 0, the others stay.",
        ),
        Misconception(
            "below 0 instead of at most 0",
            _choice(below=True, left="best"),
            "You ask for a lower end below 0. One of exactly 0 does not lie above 0 either: that "
            "K is not clearly worse, so compare with <=.",
        ),
        Misconception(
            "standard errors instead of resamples",
            _choice(rule="normal"),
            "You work out the interval from the standard deviation and leave `draws` unused. Take "
            "the .025 quantile of the resampled means.",
        ),
        Misconception(
            "less than the budget",
            _choice(strict=True),
            "A K that costs exactly the budget is affordable: `<=`, not `<`.",
        ),
        Misconception(
            "the best mean",
            _choice(rule="mean"),
            "You take the highest mean. A K that is ahead by chance costs time for nothing: take "
            "the smallest whose gap to the best is not clear.",
        ),
        Misconception(
            "the largest affordable",
            _choice(rule="all", pick=-1),
            "You take the largest K within the budget. More reranking can be worse, and what "
            "brings no gain should not be paid for.",
        ),
        Misconception(
            "the smallest affordable",
            _choice(rule="all"),
            "You take the smallest affordable K, whatever its quality. It must not be clearly "
            "worse than the best: the *lower* end of the interval of the gap must not be above 0.",
        ),
        Misconception(
            "two separate intervals",
            _choice(paired=False),
            "You make an interval for each K and ask whether they overlap. The same queries are "
            "hard for every K, so that luck cancels in the difference: resample best - K, query "
            "by query.",
        ),
        Misconception(
            "the largest that is good enough",
            _choice(pick=-1),
            "You return the largest K that is not clearly worse; the smallest does it for less.",
        ),
        Misconception(
            "5% at the lower end",
            _choice(level=0.05),
            "A 95% interval leaves out 2.5% at each end: its lower end is the .025 quantile, not "
            "the .05 quantile.",
        ),
        Misconception(
            "position instead of K",
            _choice(index=True),
            "You return the position in `ks`; return the K that stands there.",
        ),
    ),
)
