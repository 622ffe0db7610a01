"""Wrong answers to the ranking loss over a batch, each with the sentence that helps."""

import numpy as np
import torch
from torch.nn import functional as F

from helpers.checks.core import Misconception

__all__ = ["MISCONCEPTIONS", "ranking_oracle"]


def ranking_oracle(queries, documents, scale=20.0, texts=None):
    """Normalise and take the cross-entropy as PyTorch does it, in float64."""
    queries, documents = (
        F.normalize(torch.tensor(np.asarray(part, dtype=np.float64)), dim=1, eps=1e-300)
        for part in (queries, documents)
    )
    scores = scale * queries @ documents.T
    if texts is not None:
        for row in range(len(queries)):
            for column in range(len(documents)):
                if column != row and texts[column] == texts[row]:
                    scores[row, column] = -torch.inf
    return F.cross_entropy(scores, torch.arange(len(queries))).item()


def _log_sum(scores):
    largest = scores.max(axis=1, keepdims=True)
    return largest[:, 0] + np.log(np.exp(scores - largest).sum(axis=1))


def _same_texts(texts, documents, n, doubles):
    """Find which documents count as doubles of each query's own, (n, M)."""
    if texts is None or doubles == "in":
        same = np.zeros((n, len(documents)), dtype=bool)
        if doubles == "by vector":
            same = (documents[:n, None] == documents).all(axis=2)
    else:
        texts = np.asarray(texts)[: len(documents)]
        same = texts[:n, None] == texts
        if doubles == "once":
            first = np.array([j == list(texts).index(texts[j]) for j in range(len(texts))])
            same |= ~first
    if doubles != "own too":
        np.fill_diagonal(same, False)
    if doubles == "column":
        same = np.tile(same.any(axis=0), (n, 1))
        np.fill_diagonal(same, False)
    return same


def _variant(
    *, cosine=True, factor=None, reduce=np.mean, extra=True, doubles="out", low=-np.inf, axis=1,
    times=1.0, own="in", late=False, stable=True, symmetric=False, zeros=True,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def in_batch_loss(queries, documents, scale=20.0, texts=None):
        queries, documents = (np.asarray(part, dtype=np.float64) for part in (queries, documents))
        n = len(queries)
        if not extra:
            documents = documents[:n]
        same = _same_texts(texts, documents, n, doubles)
        with np.errstate(all="ignore"):
            if cosine:
                queries, documents = (
                    part / np.maximum(lengths, 1e-300 if zeros else 0.0)
                    for part in (queries, documents)
                    for lengths in [np.linalg.norm(part, axis=1, keepdims=True)]
                )
            scores = (scale if factor is None else factor(scale)) * (queries @ documents.T)
            right = np.diag(scores).copy()
            if doubles == "right too":
                right = _log_sum(np.where(same | np.eye(*same.shape, dtype=bool), scores, -np.inf))
            else:
                scores = np.where(same, low, scores)
            if own == "out":
                np.fill_diagonal(scores, -np.inf)
            if late:
                right = np.diag(scores)
            if not stable:
                return times * reduce(-np.log(np.exp(right) / np.exp(scores).sum(axis=1)))
            if axis == 0:
                return times * reduce(_log_sum(scores.T)[:n] - right)
            loss = reduce(_log_sum(scores) - right)
            if symmetric:
                loss = (loss + reduce(_log_sum(scores.T)[:n] - right)) / 2
        return times * loss

    return in_batch_loss


def _unconverted(queries, documents, scale=20.0, texts=None):
    if isinstance(queries, list):
        raise TypeError("list indices must be integers or slices, not tuple")
    return ranking_oracle(queries, documents, scale, texts)


# Slips of a first version, which often ignores `texts` and rows of zeros as well.
_SLIPS = {
    "dot products instead of cosines": (
        {"cosine": False},
        "You multiply the raw vectors. The scores are cosines: divide each query and each "
        "document by its length first, or long documents win without being right.",
    ),
    "softmax over the queries": (
        {"axis": 0},
        "Your softmax runs down the columns: each document picks among the queries. Here each "
        "query picks among the documents, so sum over the documents: `axis=1`.",
    ),
    "divided by the scale": (
        {"factor": lambda scale: 1 / scale},
        "You divide by `scale`. The temperature tau divides, and scale is 1 / tau: cosines "
        "are multiplied by it. Otherwise all documents get nearly the same probability.",
    ),
    "scale forgotten": (
        {"factor": lambda scale: 1.0},
        "The scale is missing. A cosine is at most 1, so without it the best document gets at "
        "most e^2 = 7.4 times the probability of the worst, and the loss cannot become small.",
    ),
    "sum over the batch": (
        {"reduce": np.sum},
        "This is the sum over the queries. Take the mean, so that the loss (and the right "
        "learning rate) does not grow with the number of queries.",
    ),
    "further documents ignored": (
        {"extra": False},
        "The documents after the first B take no part. They belong to no query and are wrong "
        "for all of them: the scores are a B x M table, and each sum has M terms.",
    ),
    "exponential overflows": (
        {"stable": False},
        "Large exponentials overflow: exp(2000) is inf, and inf / inf is nan. Subtract each "
        "row's largest score first; the softmax does not change.",
    ),
    "sign": (
        {"times": -1.0},
        "The sign is the wrong way round: this is the mean logarithm of the probability, "
        "which is negative. The loss is its negative, at least 0.",
    ),
    "bits": (
        {"times": 1 / np.log(2)},
        "Your loss is in bits: 1.44 times too large. Use the natural logarithm, `np.log`.",
    ),
    "both directions": (
        {"symmetric": True},
        "You average two losses, query to document and document to query. That is a good "
        "loss too (CLIP's), but here only queries choose.",
    ),
    "own document left out of the sum": (
        {"own": "out"},
        "The query's own document is missing in the sum, so this is not a probability and "
        "falls below 0. In a softmax the sum runs over all candidates, the right one included.",
    ),
}
_DOUBLES = " Then: doubles, which `texts` names, must not count as wrong."
_ZEROS = " Then: a row of zeros has length 0; divide it by 1 instead."


def _first_versions():
    """Yield each slip alone, without the doubles, without the zeros, and without both."""
    for name, (change, sentence) in _SLIPS.items():
        yield Misconception(name, _variant(**change), sentence)
        for more, also, then in (
            ("; doubles count", {"doubles": "in"}, _DOUBLES),
            ("; zeros divided", {"zeros": False}, _ZEROS),
            ("; doubles count, zeros divided", {"doubles": "in", "zeros": False},
             _DOUBLES + _ZEROS),
        ):  # fmt: skip
            if change.get("cosine", True) or "zeros" not in also:
                yield Misconception(name + more, _variant(**change, **also), sentence + then)


_TWINS = (
    Misconception(
        "doubles count as wrong",
        _variant(doubles="in"),
        "All is right but the doubles. A document with the same number in `texts` as the "
        "query's own is right as well: set its score to -inf, so that it takes no part.",
    ),
    Misconception(
        "zeros divided",
        _variant(zeros=False),
        "A row of zeros was divided by its length, 0 / 0, which is nan. Its cosine is to be 0: "
        "divide it by 1 instead.",
    ),
    Misconception(
        "doubles count, zeros divided",
        _variant(doubles="in", zeros=False),
        "A batch without doubles and zeros is right. Give doubles (the same number in `texts`) "
        "the score -inf, and divide a row of zeros by 1, not by its length.",
    ),
    Misconception(
        "doubles scored 0",
        _variant(low=0.0),
        "Doubles get the score 0, and exp(0) = 1 still stands in the sum. What must not count "
        "at all needs the score -inf, of which the exponential is 0.",
    ),
    *(
        Misconception(
            f"doubles scored {low}",
            _variant(low=float(low)),
            f"Doubles get the score {low}. With a large scale the other scores lie below that, and "
            "the double wins the softmax: only -inf takes it out at every scale.",
        )
        for low in (-20, -50, -100, -1000)
    ),
    Misconception(
        "own document at -inf",
        _variant(own="out", late=True),
        "The diagonal has the score -inf, so the right answer has probability 0. A query's own "
        "document must keep its score.",
    ),
    Misconception(
        "own document left out with its doubles",
        _variant(doubles="own too"),
        "Where `texts` is given, the query's own document has vanished from the sum: it has "
        "the same number as itself. Leave out its doubles only, and keep column i of row i.",
    ),
    Misconception(
        "own document at -inf with its doubles",
        _variant(doubles="own too", late=True),
        "Where `texts` is given, the query's own document gets -inf, for it has the same number "
        "as itself. Leave out its doubles only: `np.fill_diagonal(doubles, False)`.",
    ),
    Misconception(
        "doubles count as right",
        _variant(doubles="right too"),
        "You add a double's probability to that of the query's own document. That is a good loss "
        "too, but here a double takes no part: neither right nor wrong.",
    ),
    Misconception(
        "doubles left out of every row",
        _variant(doubles="column"),
        "You delete the double's column. For the other queries it is as wrong as ever: leave it "
        "out of the row of the query whose text it repeats, and of no other.",
    ),
    Misconception(
        "each text once",
        _variant(doubles="once"),
        "You count each wrong text once. Only doubles of the query's *own* document are left "
        "out; two copies of a wrong one count twice.",
    ),
    Misconception(
        "doubles found by their vectors",
        _variant(doubles="by vector"),
        "Without `texts` all documents count as different, also those with equal vectors. Only "
        "`texts` says what is a double.",
    ),
    Misconception(
        "lists not accepted",
        _unconverted,
        "Lists come in as well: start with `np.asarray(queries, dtype=float)`, and the same "
        "for the documents.",
    ),
)

MISCONCEPTIONS = (*_TWINS, *_first_versions())
