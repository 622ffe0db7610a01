"""Check of lesson 04, part E: the symmetric loss of pictures and texts."""

import numpy as np
import torch
from torch.nn import functional as F

from helpers.checks.comparing import close
from helpers.checks.contrastive_finite import finite
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["CHECKS"]


def _units(*parts):
    return [
        F.normalize(torch.tensor(np.asarray(part, dtype=np.float64)), dim=1, eps=1e-300)
        for part in parts
    ]


def _loss_oracle(images, texts, temperature=0.07):
    """Take PyTorch's cross-entropy in both directions, in float64."""
    images, texts = _units(images, texts)
    scores = images @ texts.T / temperature
    target = torch.arange(len(scores))
    return (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)).item() / 2


def _pairs(rng, n, d, noise=1.0):
    texts = rng.normal(size=(n, d))
    images = texts + noise * rng.normal(size=(n, d))
    lengths = rng.uniform(0.3, 3.0, (2 * n, 1))
    return images * lengths[:n], texts * lengths[n:]


def _loss_cases(rng, hard):
    zero = _pairs(rng, 3, 4)
    zero[1][2] = 0.0
    cold = _pairs(rng, 3, 3, 3.0)
    cold[1][0] = 2 * cold[0][0]  # a cosine of 1, so that the exponential is sure to overflow
    blank = _pairs(rng, 3, 4)
    blank[0][1] = 0.0
    crossed = _pairs(rng, 3, 4, 0.3)
    crossed = (crossed[0], crossed[1][::-1])  # the own pair loses by hundreds
    cone = np.ones(3) + 0.3 * rng.normal(size=(3, 3))
    away = (cone * [[2.0], [3.0], [-1.0]], cone)  # the last image looks away from all texts
    corner = np.array([[3.0, 4.0], [0.0, 2.0]])
    numbers = (np.array([[2, 1, 0], [0, 3, 1]]), np.array([[1, 1, 0], [1, 0, 1]]))
    cases = [
        Case("one pair alone", (corner[:1], corner[1:])),
        Case("two pairs, temperature = 1", (corner, np.array([[1.0, 0.0], [0.0, 5.0]])),
             {"temperature": 1.0}),
        Case("three pairs", _pairs(rng, 3, 4)),
        Case("six pairs, temperature = 0.5", _pairs(rng, 6, 4, 2.0), {"temperature": 0.5}),
        Case("temperature = 0.001", cold, {"temperature": 0.001}),
        Case("temperature = 0.001, texts in reverse order", crossed, {"temperature": 0.001}),
        Case("temperature = 0.001, one image unlike all texts", away, {"temperature": 0.001}),
        Case("a text of zeros", zero),
        Case("an image of zeros", blank),
        Case("whole numbers", numbers, {"temperature": 0.5}),
        Case("lists", tuple(part.tolist() for part in _pairs(rng, 2, 3)), {"temperature": 0.3}),
    ]  # fmt: skip
    if hard:
        big = _pairs(rng, 5, 6)
        cases += [
            Case("float32", tuple(part.astype(np.float32) for part in _pairs(rng, 4, 5))),
            Case("vectors of length a million", (big[0] * 1e6, big[1] * 1e6)),
            Case("every other row of an array", tuple(p[::2] for p in _pairs(rng, 8, 4))),
            Case("all vectors the same", (np.ones((4, 3)), np.ones((4, 3)))),
            Case("forty pairs", _pairs(rng, 40, 8), {"temperature": 0.05}),
        ]
    return cases


def _loss_variant(*, cosine=True, factor=lambda t: 1 / t, ways=(1, 0), reduce=np.mean, halve=True,
                  sign=1.0, stable=True, own=True, by_matrix=False, guarded=True,
                  one_top=False, added=None, bound=None):  # fmt: skip
    """Make an answer with one thing changed."""

    def clip_loss(images, texts, temperature=0.07):
        images, texts = (np.asarray(part, dtype=np.float64) for part in (images, texts))
        if by_matrix:
            images, texts = (part / np.linalg.norm(part) for part in (images, texts))
        elif cosine:
            with np.errstate(all="ignore"):
                images, texts = (
                    part
                    / np.maximum(
                        np.linalg.norm(part, axis=1, keepdims=True), 1e-300 if guarded else 0
                    )
                    for part in (images, texts)
                )
        scores = images @ texts.T * factor(temperature)
        if bound is not None:
            scores = np.clip(scores, -bound, bound)
        total = 0.0
        with np.errstate(all="ignore"):
            for axis in ways:
                top = scores.max(axis=None if one_top else axis, keepdims=True) if stable else 0.0
                terms = np.exp(scores - top)
                if not own:
                    terms = terms * (1 - np.eye(len(terms)))
                if added is not None:
                    right = np.diag(terms / terms.sum(axis=axis, keepdims=True))
                    total += reduce(-np.log(right + added))
                    continue
                sums = np.log(terms.sum(axis=axis, keepdims=True)) + top
                total += reduce(sums.ravel() - np.diag(scores))
        return sign * total / (len(ways) if halve else 1)

    return clip_loss


def _unconverted(images, texts, temperature=0.07):
    if isinstance(images, list):
        raise AttributeError("'list' object has no attribute 'shape'")
    return _loss_oracle(images, texts, temperature)


X_CLIP = Check(
    id="X-clip",
    title="The symmetric loss",
    level=2,
    minutes=15,
    points=3,
    function="symmetric_loss",
    make_cases=_loss_cases,
    oracle=_loss_oracle,
    compare=finite(close(rtol=1e-5, atol=1e-6)),
    misconceptions=(
        Misconception(
            "images choose only",
            _loss_variant(ways=(1,)),
            "Only images choose among texts here. The same table of scores has a second loss, in "
            "which each text chooses among the images (`axis=0`); return the mean of the two.",
        ),
        Misconception(
            "texts choose only",
            _loss_variant(ways=(0,)),
            "Only texts choose among images here: your sums run down the columns. Add the "
            "direction along the rows, and return the mean of the two.",
        ),
        Misconception(
            "sum of the two directions",
            _loss_variant(halve=False),
            "You return the sum of the two directions, twice what is asked for. Take their mean.",
        ),
        Misconception(
            "dot products instead of cosines",
            _loss_variant(cosine=False),
            "You multiply the raw vectors. Divide each image and each text by its own length "
            "first, so that scores are cosines.",
        ),
        Misconception(
            "whole table normalised",
            _loss_variant(by_matrix=True),
            "You divide each table by one number, the norm of the whole. Each row needs its own "
            "length: `np.linalg.norm(images, axis=1, keepdims=True)`.",
        ),
        Misconception(
            "multiplied by the temperature",
            _loss_variant(factor=lambda t: t),
            "You multiply by the temperature. It divides: at .07 a cosine of 1 becomes a score "
            "of 14.",
        ),
        Misconception(
            "temperature forgotten",
            _loss_variant(factor=lambda t: 1.0),
            "The temperature is missing: divide the cosines by it before the softmax.",
        ),
        Misconception(
            "sum over the batch",
            _loss_variant(reduce=np.sum),
            "This is the sum over the batch. Take the mean over its pairs in each direction.",
        ),
        Misconception(
            "own pair left out of the sum",
            _loss_variant(own=False),
            "The pair itself is missing in the sum under the logarithm. In a softmax the sum runs "
            "over all candidates, the right one included.",
        ),
        Misconception(
            "exponential overflows",
            _loss_variant(stable=False),
            "Right until the exponential overflows: at a temperature of .001 scores reach 1,000. "
            "Subtract the largest score of each row (column) inside and add it again outside.",
        ),
        Misconception(
            "zeros divided by zero",
            _loss_variant(guarded=False),
            "A vector of zeros has the length 0, and 0 / 0 is nan. Divide by 1 there (for images "
            "and for texts), so that its cosines are 0.",
        ),
        Misconception(
            "one largest score for the whole table",
            _loss_variant(one_top=True),
            "You subtract the largest score of the whole table. Where all scores of a row lie far "
            "below it, every exponential is 0. Take each row's (column's) own largest score.",
        ),
        Misconception(
            "scores clipped",
            _loss_variant(stable=False, bound=700),
            "You clip the scores, so the exponential does not overflow but large losses are "
            "wrong. Subtract each row's (column's) largest score instead.",
        ),
        *(
            Misconception(
                f"{added} added to the probability",
                _loss_variant(added=added),
                f"You add {added:g} to a probability before the logarithm. The softmax is 0 "
                "where the right answer loses by hundreds: use log-sum-exp minus the score.",
            )
            for added in (1e-12, 1e-10, 1e-8)
        ),
        Misconception(
            "lists not converted",
            _unconverted,
            "Right for arrays, but a list fails. Start with `np.asarray(images, dtype=float)`, and "
            "the same for `texts`.",
        ),
        Misconception(
            "sign",
            _loss_variant(sign=-1.0),
            "The sign is the wrong way round: a loss is minus the log of a probability, so it is "
            "at least 0.",
        ),
    ),
)  # fmt: skip

CHECKS = (X_CLIP,)
