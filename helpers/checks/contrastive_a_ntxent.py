"""Check of lesson 04, part A: NT-Xent over a batch of pairs."""

import math

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.contrastive_finite import finite
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_NTXENT"]

_exactly = close(rtol=1e-10, atol=1e-9)


def _oracle(z1, z2, temperature=0.5):
    """Ask the 2N questions one after the other, in 64 bits."""
    views = [[float(value) for value in row] for row in [*z1, *z2]]
    unit = [[value / math.hypot(*row) for value in row] for row in views]
    n, losses = len(unit) // 2, []
    for i, anchor in enumerate(unit):
        scores = {
            j: math.fsum(a * b for a, b in zip(anchor, other, strict=True)) / temperature
            for j, other in enumerate(unit)
            if j != i
        }
        largest = max(scores.values())
        total = math.fsum(math.exp(score - largest) for score in scores.values())
        losses.append(largest + math.log(total) - scores[(i + n) % (2 * n)])
    return math.fsum(losses) / len(losses)


def _nearly(got, expected):
    """Compare, and say so when an answer is right but for a rounding error."""
    problem = _exactly(got, expected)
    if problem is not None and close(rtol=1e-4, atol=1e-6)(got, expected) is None:
        return (
            "the number is nearly right, as if you computed in 32 bits, or added a small number "
            "in the logarithm. Convert both inputs with `np.asarray(z1, dtype=float)` before you "
            "normalise, and add nothing"
        )
    return problem


def _pair(rng, n, d, noise=0.7):
    """Make two noisy copies of n vectors, of quite different lengths."""
    z = rng.normal(size=(n, d))
    return tuple(
        (z + noise * rng.normal(size=(n, d))) * rng.uniform(0.3, 3, (n, 1)) for _ in range(2)
    )


def _cases(rng, hard):
    corner = np.array([[3.0, 4.0], [0.0, 2.0]]), np.array([[4.0, 3.0], [1.0, 1.0]])
    # One side closer together than the other, so that one direction alone gives another loss.
    skewed = _pair(rng, 3, 4)
    skewed[1][:] += 3.0
    # One view on the far side: all its scores lie 1 / tau and more under the anchor's own.
    cone = rng.normal(size=3)
    far = [cone / np.linalg.norm(cone) + 0.1 * rng.normal(size=(3, 3)) for _ in range(2)]
    far[1][0] *= -1
    # Twins far apart and a small temperature, so that an error of 32 bits shows in the loss.
    short = tuple(part.astype(np.float32) for part in _pair(rng, 6, 4, noise=3.0))
    numbers = np.array([[2, 1, 0], [0, 3, 1]]), np.array([[1, 1, 0], [1, 2, 1]])
    cases = [
        Case("N = 1", (corner[0][:1], corner[1][:1])),
        Case("two pairs", corner),
        Case("three pairs, temperature = 1", _pair(rng, 3, 4), {"temperature": 1.0}),
        Case("one side in a narrow cone", skewed),
        Case("all vectors equal", (np.ones((3, 2)), np.ones((3, 2))), {"temperature": 0.1}),
        Case("temperature = .01", _pair(rng, 4, 3), {"temperature": 0.01}),
        Case("temperature = .001", _pair(rng, 4, 3), {"temperature": 0.001}),
        Case("one view far from all others, temperature = .001", tuple(far),
             {"temperature": 0.001}),
        Case("float32, temperature = .001", short, {"temperature": 0.001}),
        Case("whole numbers", numbers, {"temperature": 0.2}),
        Case("lists", tuple(part.tolist() for part in _pair(rng, 2, 3)), {"temperature": 0.3}),
    ]  # fmt: skip
    if hard:
        big = _pair(rng, 5, 6)
        cases += [
            Case("vectors of length a million", (big[0] * 1e6, big[1] * 1e6)),
            Case("every other row of an array", tuple(p[::2] for p in _pair(rng, 8, 4))),
            Case("the same picture twice in the batch", tuple(p[[0, 1, 0]] for p in big),
                 {"temperature": 0.1}),
            Case("a batch of 12", _pair(rng, 12, 8), {"temperature": 0.07}),
            Case("one number wide", (np.array([[1.0], [-2.0]]), np.array([[3.0], [0.5]])),
                 {"temperature": 0.002}),
        ]  # fmt: skip
    return cases


def _log_sum(scores):
    largest = scores.max(axis=1, keepdims=True)
    largest = np.where(np.isfinite(largest), largest, 0)
    return largest[:, 0] + np.log(np.exp(scores - largest).sum(axis=1))


def _variant(
    *, cosine=True, factor=None, anchor="out", twin="half", directions=2, side="both",
    reduce=np.mean, stable=True, sign=1.0, dtype=np.float64, positive="in", log_sum=None,
    stack=np.concatenate,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def nt_xent_loss(z1, z2, temperature=0.5):
        z = stack([np.asarray(z1, dtype=dtype), np.asarray(z2, dtype=dtype)])
        if cosine:
            z = z / np.linalg.norm(z, axis=1, keepdims=True)
        tau = np.asarray(temperature, dtype=dtype)
        scores = z @ z.T / tau if factor is None else z @ z.T * factor(tau)
        rows, n = np.arange(len(z)), len(z) // 2
        twins = rows ^ 1 if twin == "next" else (rows + n) % len(z)
        right = scores[rows, twins].copy()
        if anchor == "out":
            scores[rows, rows] = -np.inf
        elif anchor == "zero":
            scores[rows, rows] = 0
        if positive == "out":
            scores[rows, twins] = -np.inf
        if side == "other":
            scores = scores.copy()
            scores[:n, :n] = scores[n:, n:] = -np.inf
        elif side == "own":
            scores[:n, n:] = scores[n:, :n] = -np.inf
        with np.errstate(all="ignore"):
            if stable:
                losses = (log_sum or _log_sum)(scores) - right
            else:
                losses = -np.log(np.exp(right) / np.exp(scores).sum(axis=1))
            return float(sign * reduce(losses[: n * directions]))

    return nt_xent_loss


def _interleave(views):
    return np.stack(views, axis=1).reshape(-1, views[0].shape[1])


def _with_anchor_as_largest(z1, z2, temperature=0.5):
    """Take the largest score before the anchor is left out: 1 / tau in every row."""
    z = np.concatenate([np.asarray(z1, dtype=float), np.asarray(z2, dtype=float)])
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    scores = z @ z.T / temperature
    largest = scores.max(axis=1)
    raised = np.exp(scores - largest[:, None])
    np.fill_diagonal(raised, 0)
    rows = np.arange(len(z))
    twins = rows - len(z) // 2
    with np.errstate(all="ignore"):
        return float(np.mean(largest + np.log(raised.sum(axis=1)) - scores[rows, twins]))


def _unconverted(z1, z2, temperature=0.5):
    if isinstance(z1, list):
        raise TypeError("can only concatenate list (not 'float') to list")
    return _oracle(z1, z2, temperature)


X_NTXENT = Check(
    id="X-ntxent",
    title="NT-Xent, stable at τ = .01",
    level=2,
    minutes=25,
    points=3,
    function="nt_xent_loss",
    make_cases=_cases,
    oracle=_oracle,
    compare=finite(_nearly),
    misconceptions=(
        Misconception(
            "anchor in the denominator",
            _variant(anchor="in"),
            "Each view still finds itself: the anchor, with similarity 1, stands in the sum, and "
            "the loss cannot fall below log 2. Set the diagonal of the scores to -inf.",
        ),
        Misconception(
            "anchor's score set to 0",
            _variant(anchor="zero"),
            "You set the anchor's score to 0, and exp(0) = 1 still stands in the sum. What must "
            "not count needs the score -inf.",
        ),
        Misconception(
            "one direction only",
            _variant(directions=1),
            "Only the first N views search. The loss is the mean over all 2N: the views of `z2` "
            "are anchors as well, with those of `z1` as twins.",
        ),
        Misconception(
            "candidates of the other side only",
            _variant(side="other"),
            "Your candidates are the other side's N views (CLIP's loss). NT-Xent also takes the "
            "views of the anchor's own side as negatives: 2N - 1 candidates.",
        ),
        Misconception(
            "sum over the anchor's own side",
            _variant(side="own", anchor="in"),
            "Your sum runs over the anchor's own side, the anchor included, and the twin is not "
            "in it: the misprint h_j for h_j+. Sum over all 2N views but the anchor.",
        ),
        Misconception(
            "positive not in the denominator",
            _variant(positive="out"),
            "The twin is missing in the denominator, so this is no probability and can fall below "
            "0. Sum over all views but the anchor, the twin included.",
        ),
        Misconception(
            "neighbours as twins",
            _variant(twin="next"),
            "You take rows 2i and 2i + 1 for twins. Here row i of `z1` belongs to row i of `z2`: "
            "after stacking, the twin of row i is row i + N, and that of i + N is i.",
        ),
        Misconception(
            "views interleaved",
            _variant(stack=_interleave),
            "You stack the views in turns (rows 2i and 2i + 1 are twins), but look for the twin "
            "N rows on. Row i of `z1` and row i of `z2` are twins: stack all of `z1`, then `z2`.",
        ),
        Misconception(
            "dot products instead of cosines",
            _variant(cosine=False),
            "You multiply the raw vectors. Scores are cosines: divide every row by its length "
            "first, or long vectors win whatever they show.",
        ),
        Misconception(
            "multiplied by the temperature",
            _variant(factor=lambda tau: tau),
            "You multiply by the temperature. It divides the cosines; multiplied, a small "
            "temperature would make all candidates alike instead of setting them apart.",
        ),
        Misconception(
            "temperature forgotten",
            _variant(factor=lambda tau: 1.0),
            "The temperature has no effect. Divide the cosines by it before the softmax.",
        ),
        Misconception(
            "temperature always .5",
            _variant(factor=lambda tau: 2.0),
            "You use .5 whatever `temperature` is: that is only its value when none is given.",
        ),
        Misconception(
            "largest term only",
            _variant(log_sum=lambda scores: scores.max(axis=1)),
            "You take the largest score for the whole log-sum-exp. That is the limit for "
            "tau to 0; add the logarithm of the sum of exp(score - largest).",
        ),
        Misconception(
            "bits",
            _variant(reduce=lambda losses: np.mean(losses) / np.log(2)),
            "This is the loss in bits. In nats the logarithm is the natural one: `np.log`.",
        ),
        Misconception(
            "sum over the views",
            _variant(reduce=np.sum),
            "This is the sum over the 2N views. Take the mean, so that the loss does not grow "
            "with the batch.",
        ),
        Misconception(
            "mean over pairs of summed losses",
            _variant(reduce=lambda losses: 2 * np.mean(losses)),
            "Twice too large: you divide by N, but 2N views have a loss each. Divide by 2N.",
        ),
        Misconception(
            "exponential overflows",
            _variant(stable=False),
            "Right until the exponential overflows: exp(1000) is inf, and inf / inf is nan. "
            "Subtract each row's largest score inside, and add it again outside the logarithm.",
        ),
        Misconception(
            "largest score taken with the anchor",
            _with_anchor_as_largest,
            "Right until tau = .001: your largest score of a row is the anchor's own, 1 / tau, and "
            "all others underflow to 0. Put -inf on the diagonal before you take the largest.",
        ),
        Misconception(
            "32 bits kept",
            _variant(dtype=np.float32),
            "You stay in 32 bits. An error of 1e-7 in a cosine is 1e-4 in a score at tau = .001: "
            "convert to 64 bits with `np.asarray(z1, dtype=float)` before you normalise.",
        ),
        Misconception(
            "sign",
            _variant(sign=-1.0),
            "The sign is the wrong way round: this is the mean log probability of the twin, which "
            "is at most 0. The loss is its negative.",
        ),
        Misconception(
            "lists not accepted",
            _unconverted,
            "Lists come in as well: start with `np.asarray(z1, dtype=float)`, and the same for z2.",
        ),
    ),
)
