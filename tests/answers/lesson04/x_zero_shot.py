"""Answers to X-zero-shot."""

import numpy as np
import torch
from scipy.special import softmax

CHECK = "X-zero-shot"


def unit(vectors):
    vectors = np.asarray(vectors, dtype=np.float64)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def by_sums(images, prompts, classes, temperature=0.01):
    """A sum points where the mean does."""
    heads = np.zeros((max(classes) + 1, len(prompts[0])))
    np.add.at(heads, np.asarray(classes), unit(prompts))
    return softmax(unit(images) @ unit(heads).T / temperature, axis=1)


def loops(images, prompts, classes, temperature=0.01):
    rows = []
    for image in unit(images):
        scores = []
        for number in range(max(classes) + 1):
            own = [p for p, c in zip(unit(prompts), classes, strict=True) if c == number]
            mean = sum(own) / len(own)
            scores.append(float(image @ mean) / float(np.sqrt(mean @ mean)) / temperature)
        powers = [np.exp(score - max(scores)) for score in scores]
        rows.append([power / sum(powers) for power in powers])
    return rows


def in_torch(images, prompts, classes, temperature=0.01):
    member = torch.nn.functional.one_hot(torch.tensor(np.asarray(classes))).double()
    heads = torch.nn.functional.normalize(member.T @ torch.tensor(unit(prompts)), dim=1)
    return (torch.tensor(unit(images)) @ heads.T / temperature).softmax(1)


def mean_of_probabilities(images, prompts, classes, temperature=0.01):
    p = softmax(unit(images) @ unit(prompts).T / temperature, axis=1)
    member = np.eye(max(classes) + 1)[np.asarray(classes)]
    return p @ member


def mean_of_scores(images, prompts, classes, temperature=0.01):
    member = np.eye(max(classes) + 1)[np.asarray(classes)]
    scores = unit(images) @ unit(prompts).T @ (member / member.sum(0))
    return softmax(scores / temperature, axis=1)


def one_hot(images, prompts, classes, temperature=0.01):
    p = by_sums(images, prompts, classes, temperature)
    return (p == p.max(1, keepdims=True)).astype(float)


def one_largest(images, prompts, classes, temperature=0.01):
    member = np.eye(max(classes) + 1)[np.asarray(classes)]
    scores = unit(images) @ unit(member.T @ unit(prompts)).T / temperature
    powers = np.exp(scores - scores.max())
    with np.errstate(invalid="ignore"):
        return powers / powers.sum(axis=1, keepdims=True)


def median(images, prompts, classes, temperature=0.01):
    own = [unit(prompts)[np.asarray(classes) == c] for c in range(max(classes) + 1)]
    heads = unit([np.median(table, axis=0) for table in own])
    return softmax(unit(images) @ heads.T / temperature, axis=1)


def transposed(images, prompts, classes, temperature=0.01):
    return by_sums(images, prompts, classes, temperature).T


def even(images, prompts, classes, temperature=0.01):
    return np.full((len(images), max(classes) + 1), 1 / (max(classes) + 1))


RIGHT = [by_sums, loops, in_torch]
WRONG = [
    (mean_of_probabilities, "let single prompts compete"),
    (one_largest, "each row's own largest score"),
    (median, "not right"),
    (mean_of_scores, "shorter than 1"),
    (one_hot, "not right"),
    (transposed, "should come back"),
    (even, "not right"),
]
_LIST = "the norm and the division turn lists and whole numbers into floats"
_HEAD = "images, prompts = (np.asarray(table, dtype=float) / np.linalg.norm(tab: "
_SUMS = "sums = np.array([prompts[classes == c].sum(axis=0) for c in range(clas: "
SURVIVORS = {
    f"{_HEAD}np.asarray(table, dtype=float) -> {new}": _LIST
    for new in ("table", "np.asarray(table)")
} | {
    f"{_SUMS}prompts[classes == c].sum(axis=0) -> prompts[classes == c].mean(axis=0)": (
        "a mean points where the sum does, and its length is divided out"
    ),
    f"{_SUMS}np.array([prompts[classes == c].sum(axis=0) for c in range(classes.max -> "
    "[prompts[classes == c].sum(axis=0) for c in range(classes.max() + 1)]": (
        "the division by an array turns the list into an array"
    ),
}
