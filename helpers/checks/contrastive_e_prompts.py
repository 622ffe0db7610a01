"""Check of lesson 04, part E: naming pictures by prompts."""

import numpy as np
import torch
from torch.nn import functional as F

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["CHECKS"]


def _units(*parts):
    return [
        F.normalize(torch.tensor(np.asarray(part, dtype=np.float64)), dim=1, eps=1e-300)
        for part in parts
    ]


def _zero_oracle(images, prompts, classes, temperature=0.01):
    """Average the unit prompts of each class, make the mean a unit vector, take the softmax."""
    images, prompts = _units(images, prompts)
    classes = np.asarray(classes)
    rows = []
    for number in range(classes.max() + 1):
        mean = prompts[torch.from_numpy(classes == number)].mean(0)
        rows.append(F.normalize(mean[None], dim=1, eps=1e-300))
    return (images @ torch.cat(rows).T / temperature).softmax(1).numpy()


def _zero_cases(rng, hard):
    def case(name, n, classes, d=4, **kwargs):
        prompts = rng.normal(size=(len(classes), d)) + 1.5 * np.eye(max(classes) + 1, d)[classes]
        images = rng.normal(size=(n, d))
        lengths = rng.uniform(0.2, 4.0, (n + len(classes), 1))
        args = (images * lengths[:n], prompts * lengths[n:], np.array(classes))
        return Case(name, args, {"temperature": 0.3} | kwargs)

    cold = case("temperature = 0.001", 3, [0, 1, 1, 2], temperature=0.001)
    cold.args[0][0] = cold.args[1][0]  # a cosine of 1: the exponential is sure to overflow
    cold.args[0][1] = -_units(cold.args[1])[0].sum(0).numpy()  # below all other rows
    listed = case("lists", 2, [1, 0, 0], 3)
    integers = (np.array([[3, 4, 0]]), np.array([[1, 0, 0], [0, 2, 0]]), np.array([0, 1]))
    cases = [
        Case("whole numbers", integers, {"temperature": 1.0}),
        case("one prompt for each of two classes", 1, [0, 1]),
        case("prompts in another order than classes", 3, [2, 0, 1]),
        case("two prompts for one class, one for the other", 3, [0, 0, 1]),
        case("three classes, prompts mixed", 4, [1, 0, 2, 1, 0, 1]),
        case("one class", 2, [0, 0]),
        cold,
        Case("lists", tuple(part.tolist() for part in listed.args), listed.kwargs),
    ]
    if hard:
        many = rng.permutation(np.repeat(np.arange(6), [1, 2, 3, 4, 5, 6])).tolist()
        wide = case("float32", 5, [0, 1, 2, 0], 8)
        cases += [
            case("six classes", 20, many, 8, temperature=0.07),
            Case("float32", tuple(part.astype(np.float32) for part in wide.args[:2])
                 + wide.args[2:], wide.kwargs),
            case("default temperature", 3, [0, 1, 0], temperature=0.01),
        ]  # fmt: skip
    return cases


def _zero_variant(*, unit_prompts=True, unit_images=True, renorm=True, factor=lambda t: 1 / t,
                  pool="mean", order="class", out="p", axis=1, stable=True,
                  one_top=False):  # fmt: skip
    def unit(table):
        return table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-300)

    def zero_shot(images, prompts, classes, temperature=0.01):
        images, prompts = (np.asarray(part, dtype=np.float64) for part in (images, prompts))
        classes = np.asarray(classes)
        if unit_images:
            images = unit(images)
        if unit_prompts:
            prompts = unit(prompts)
        numbers = list(range(classes.max() + 1))
        if order == "first seen":
            numbers = list(dict.fromkeys(classes.tolist()))
        tables = [prompts[classes == number] for number in numbers]
        if pool in ("summed", "averaged"):
            terms = images @ prompts.T * factor(temperature)
            terms = np.exp(terms - terms.max(axis=1, keepdims=True))
            terms /= terms.sum(axis=1, keepdims=True)
            groups = [terms[:, classes == number] for number in numbers]
            if pool == "summed":
                return np.stack([group.sum(axis=1) for group in groups], 1)
            means = np.stack([group.mean(axis=1) for group in groups], 1)
            return means / means.sum(axis=1, keepdims=True)
        if pool == "max":
            scores = np.stack([(images @ table.T).max(1) for table in tables], 1)
        else:
            heads = np.stack([t.mean(0) if pool == "mean" else t[0] for t in tables])
            scores = images @ (unit(heads) if renorm else heads).T
        scores = scores * factor(temperature)
        if out == "scores":
            return scores
        if out == "label":
            return scores.argmax(1)
        with np.errstate(all="ignore"):
            top = scores.max(axis=None if one_top else axis, keepdims=True)
            terms = np.exp(scores - (top if stable else 0))
            return terms / terms.sum(axis=axis, keepdims=True)

    return zero_shot


def _unconverted(images, prompts, classes, temperature=0.01):
    if isinstance(classes, list):
        raise AttributeError("'list' object has no attribute 'max'")
    return _zero_oracle(images, prompts, classes, temperature)


X_ZERO = Check(
    id="X-zero-shot",
    title="Zero-shot prediction with several prompts",
    level=2,
    minutes=15,
    points=3,
    function="zero_shot",
    make_cases=_zero_cases,
    oracle=_zero_oracle,
    compare=close(rtol=1e-5, atol=1e-8),
    misconceptions=(
        Misconception(
            "mean not made a unit vector",
            _zero_variant(renorm=False),
            "The mean of several unit vectors is shorter than 1, the more so the less they agree: "
            "a class with varied prompts loses. Divide each class's mean by its length.",
        ),
        Misconception(
            "raw prompts averaged",
            _zero_variant(unit_prompts=False),
            "You average the raw prompts, so a long vector counts more than a short one. Make "
            "each prompt a unit vector before the mean, and the mean one after it.",
        ),
        Misconception(
            "images not normalised",
            _zero_variant(unit_images=False),
            "The images keep their lengths, so a long image vector looks more certain. Divide "
            "each by its length: scores are cosines.",
        ),
        Misconception(
            "first prompt only",
            _zero_variant(pool="first"),
            "Only the first prompt of each class counts here. Take the mean over all of them.",
        ),
        Misconception(
            "best prompt counts",
            _zero_variant(pool="max"),
            "You take the best prompt of each class. That favours classes with many prompts; "
            "the task asks for one vector a class, the mean of its prompts.",
        ),
        *(
            Misconception(
                f"probabilities of prompts {pool}",
                _zero_variant(pool=pool),
                f"You let single prompts compete; their probabilities are {pool} by class. Make "
                "ONE vector for each class first; the softmax runs over classes.",
            )
            for pool in ("summed", "averaged")
        ),
        Misconception(
            "columns in the order of first prompts",
            _zero_variant(order="first seen"),
            "Your columns follow the order in which classes first occur among the prompts. Column "
            "c belongs to class c: loop over `range(C)`.",
        ),
        Misconception(
            "multiplied by the temperature",
            _zero_variant(factor=lambda t: t),
            "You multiply by the temperature; it divides.",
        ),
        Misconception(
            "temperature forgotten",
            _zero_variant(factor=lambda t: 1.0),
            "The temperature is missing: divide the cosines by it before the softmax.",
        ),
        Misconception(
            "scores returned",
            _zero_variant(out="scores"),
            "These are the scores. Turn each row into probabilities with a softmax.",
        ),
        Misconception(
            "labels returned",
            _zero_variant(out="label"),
            "These are the predicted classes. Return the probabilities, a row an image and a "
            "column a class; the caller can take the largest.",
        ),
        Misconception(
            "softmax over the images",
            _zero_variant(axis=0),
            "Your columns sum to 1: images compete for a class. Here classes compete for an "
            "image, so each row sums to 1 (`axis=1`).",
        ),
        Misconception(
            "exponential overflows",
            _zero_variant(stable=False),
            "Right until the exponential overflows: at a temperature of .001 scores reach 1,000. "
            "Subtract each row's largest score first; the softmax does not change.",
        ),
        Misconception(
            "one largest score for the whole table",
            _zero_variant(one_top=True),
            "You subtract the largest score of the whole table. In a row that lies far below it "
            "every exponential is 0. Subtract each row's own largest score.",
        ),
        Misconception(
            "lists not converted",
            _unconverted,
            "Right for arrays, but a list fails. Start with `np.asarray` for all three tables.",
        ),
    ),
)

CHECKS = (X_ZERO,)
