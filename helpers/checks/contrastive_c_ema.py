"""Check of lesson 04, part C: the slow network follows the fast one."""

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case
from helpers.checks.serial import Opaque

__all__ = ["X_EMA"]


def _update(slow, fast, momentum):
    """Go number by number."""
    new = {}
    for name in slow:
        old, now = np.asarray(slow[name]), np.asarray(fast[name])
        if old.dtype.kind in "iu":
            new[name] = now.copy()
            continue
        pairs = zip(old.ravel().tolist(), now.ravel().tolist(), strict=True)
        values = [momentum * a + (1 - momentum) * b for a, b in pairs]
        new[name] = np.array(values).reshape(old.shape)
    return new


def _ema_cases(rng, hard):
    def network(names, shape=(2, 3), steps=None):
        made = {name: rng.normal(size=shape).round(3) for name in names}
        return made if steps is None else made | {"batches": np.array(steps)}

    one = {"w": np.array([1.0, 0.0])}, {"w": np.array([0.0, 1.0])}
    fast = network(("a", "b"), (2,))
    turned = dict(reversed(fast.items()))
    extra = network(("w", "predictor"), (3,))
    reset = [{"batches": rng.normal(size=3).round(3), "seen": np.array(n)} for n in (9, 4)]
    cases = [
        Case("one weight matrix", (*one, 0.9)),
        Case("two names", (network("ab"), network("ab"), 0.99)),
        Case("names in another order", (network("ab", (2,)), turned, 0.75)),
        Case("the fast network has a predictor", (network("w", (3,)), extra, 0.9)),
        Case("momentum 0", (network("w"), network("w"), 0.0)),
        Case("momentum 1", (network("w"), network("w"), 1.0)),
        Case("a count of batches", (network("w", (2,), 7), network("w", (2,), 18), 0.9)),
        Case("a count that was reset", (*reset, 0.5)),
        Case("a number without axes", (network("w", ()), network("w", ()), 0.6)),
    ]
    if hard:
        single = [{n: w.astype(np.float32) for n, w in network("xy").items()} for _ in range(2)]
        counts = [network("w", (4,)) | {"n": np.array([3, 5 + i])} for i in range(2)]
        cases += [
            Case("momentum .999", (network("abc", (3, 4)), network("abc", (3, 4)), 0.999)),
            Case("32-bit weights", (*single, 0.99)),
            Case("several counts", (*counts, 0.5)),
            Case("no weights at all", ({}, {}, 0.9)),
        ]
    return cases


def _same_networks(got, expected):
    if isinstance(got, Opaque):
        return f"it returned an object of class {got.kind}: return a plain dict, as `{{}}` makes it"
    if not isinstance(got, dict):
        return f"it returned a {type(got).__name__}, where a dict of arrays should come back"
    if set(got) != set(expected):
        missing, extra = (sorted(map(str, a - b)) for a, b in (
            (set(expected), set(got)), (set(got), set(expected))))  # fmt: skip
        what = f"{', '.join(missing)} missing" if missing else f"{', '.join(extra)} too many"
        return f"the names are not those of the slow network: {what}"
    for name, wanted in expected.items():
        if as_numbers(got[name]) is None:
            return f"under {name!r} there is no array of numbers"
        problem = close(rtol=1e-5, atol=1e-9)(got[name], wanted)
        if problem is not None:
            return f"under {name!r}, {problem}"
    return None


def _ema_variant(*, slow_share=lambda m: m, fast_share=lambda m: 1 - m, counts="fast",
                 match="name", names="slow"):  # fmt: skip
    """Make an answer with one thing changed."""

    def momentum_step(slow, fast, momentum):
        if match == "name":
            pairs = [(name, slow.get(name, fast[name]), fast[name])
                     for name in (slow if names == "slow" else fast)]  # fmt: skip
        else:
            pairs = [(n, a, b) for (n, a), b in zip(slow.items(), fast.values(), strict=False)]
        new = {}
        for name, old, now in pairs:
            if np.asarray(old).dtype.kind in "iu" and counts != "mixed":
                new[name] = {"fast": now, "slow": old, "larger": np.maximum(old, now)}[counts]
            else:
                new[name] = slow_share(momentum) * old + fast_share(momentum) * now
        return new

    return momentum_step


X_EMA = Check(
    id="X-ema",
    title="The slow network",
    level=1,
    minutes=10,
    points=2,
    function="momentum_step",
    make_cases=_ema_cases,
    oracle=_update,
    compare=_same_networks,
    misconceptions=(
        Misconception(
            "shares exchanged",
            _ema_variant(slow_share=lambda m: 1 - m, fast_share=lambda m: m),
            "The shares are exchanged: momentum is what the slow network *keeps*. With m = .99 it "
            "takes over 1% of the fast one a step; yours takes over 99%.",
        ),
        Misconception(
            "shares exchanged, for counts too",
            _ema_variant(slow_share=lambda m: 1 - m, fast_share=lambda m: m, counts="mixed"),
            "The shares are exchanged: the *slow* network keeps the share `momentum`, the fast one "
            "gives 1 - `momentum`. (And counts are not averaged.)",
        ),
        Misconception(
            "momentum of an optimiser",
            _ema_variant(fast_share=lambda m: 1.0),
            "You add the whole fast network, as momentum adds gradients in an optimiser. This is "
            "an average: the shares m and 1 - m add up to 1.",
        ),
        Misconception(
            "copied",
            _ema_variant(slow_share=lambda m: 0.0, fast_share=lambda m: 1.0),
            "This copies the fast network, as momentum 0 would. Keep the share `momentum` of the "
            "slow one.",
        ),
        Misconception(
            "not moved",
            _ema_variant(slow_share=lambda m: 1.0, fast_share=lambda m: 0.0),
            "The slow network's weights stay where they are, as with momentum 1. Add the share "
            "1 - momentum of the fast one.",
        ),
        Misconception(
            "plain mean",
            _ema_variant(slow_share=lambda m: 0.5, fast_share=lambda m: 0.5),
            "This is the mean of the two, whatever the momentum. The slow network counts with the "
            "share m, the fast one with 1 - m.",
        ),
        Misconception(
            "counts averaged",
            _ema_variant(counts="mixed"),
            "Whole numbers are counts, such as the batches that a BatchNorm has seen, and 8.1 "
            "batches mean nothing: copy them from the fast network.",
        ),
        Misconception(
            "larger counts",
            _ema_variant(counts="larger"),
            "Counts come from the fast network, also where they are smaller, as after a reset.",
        ),
        Misconception(
            "counts kept",
            _ema_variant(counts="slow"),
            "The counts stay at their old values. Arrays of whole numbers are copied from the "
            "*fast* network.",
        ),
        Misconception(
            "matched by order",
            _ema_variant(match="order"),
            "You go through both dicts side by side, but their names may stand in another order, "
            "and you mix different layers. Look up `fast[name]`.",
        ),
        Misconception(
            "names of the fast network",
            _ema_variant(names="fast"),
            "You go through the names of the fast network. It may have layers that the slow one "
            "lacks, such as a predictor: return the slow network's names.",
        ),
    ),
)
