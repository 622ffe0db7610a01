"""Check of lesson 03, part D: the ranking loss over a batch."""

import numpy as np
import torch
from torch.nn import functional as F

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["CHECKS"]


def _oracle(queries, documents, scale=20.0, texts=None):
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


def _pair(rng, n, m, d, noise=1.0):
    """Make queries and documents that are near each other, of quite different lengths."""
    documents = rng.normal(size=(m, d))
    queries = documents[:n] + noise * rng.normal(size=(n, d))
    lengths = rng.uniform(0.3, 3.0, (n + m, 1))
    return queries * lengths[:n], documents * lengths[n:]


def _cases(rng, hard):
    corner = np.array([[3.0, 4.0], [0.0, 2.0]])
    zero_row = _pair(rng, 3, 3, 4)
    zero_row[1][1] = 0.0
    with_twin = _pair(rng, 4, 4, 3)
    with_twin[1][2] = with_twin[1][0]
    late_twin = _pair(rng, 3, 6, 4)
    late_twin[1][5] = late_twin[1][1]
    numbers = (
        np.array([[2, 1, 0], [0, 3, 1], [1, 0, 1]]),
        np.array([[1, 1, 0], [0, 1, 1], [2, 0, 1]]),
    )
    cases = [
        Case("one pair alone", (corner[:1], corner[1:])),
        Case("two pairs, scale = 1", (corner, np.array([[1.0, 0.0], [0.0, 5.0]])), {"scale": 1.0}),
        Case("three pairs", _pair(rng, 3, 3, 4)),
        Case("two pairs and two more documents", _pair(rng, 2, 4, 3)),
        Case("one pair and two more documents", _pair(rng, 1, 3, 3), {"scale": 5.0}),
        Case("a document twice, said in `texts`", with_twin,
             {"texts": np.array([7, 3, 7, 5]), "scale": 2.0}),
        Case("a document twice, `texts` not given", with_twin),
        Case("a twin among the further documents", late_twin,
             {"texts": [0, 1, 2, 3, 4, 1], "scale": 4.0}),
        Case("scale = 2000", _pair(rng, 3, 3, 4, 2.0), {"scale": 2000.0}),
        Case("a document of zeros", zero_row),
        Case("whole numbers", numbers, {"scale": 2.0}),
        Case("lists", tuple(part.tolist() for part in _pair(rng, 2, 2, 3)), {"scale": 3.0}),
    ]  # fmt: skip
    if hard:
        big = _pair(rng, 5, 8, 6)
        cases += [
            Case("float32", tuple(part.astype(np.float32) for part in _pair(rng, 4, 6, 5))),
            Case("vectors of length a million", (big[0] * 1e6, big[1] * 1e6)),
            Case("every other row of an array", tuple(p[::2] for p in _pair(rng, 8, 8, 4))),
            Case("all documents the same", (big[0], np.tile(big[1][:1], (5, 1))),
                 {"texts": np.zeros(5, dtype=int)}),
            Case("a batch of 40 with doubles", _pair(rng, 40, 60, 8),
                 {"texts": rng.integers(0, 30, 60)}),
            Case("a query of zeros", (np.zeros((2, 3)), rng.normal(size=(3, 3)))),
        ]  # fmt: skip
    return cases


def _log_sum(scores, axis):
    largest = scores.max(axis=axis, keepdims=True)
    return np.squeeze(largest, axis) + np.log(np.exp(scores - largest).sum(axis=axis))


def _variant(
    *, cosine=True, factor=None, reduce=np.mean, extra=True, doubles="out", axis=1, sign=1.0,
    own="in", stable=True, symmetric=False,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def in_batch_loss(queries, documents, scale=20.0, texts=None):
        queries, documents = (np.asarray(part, dtype=np.float64) for part in (queries, documents))
        n = len(queries)
        if not extra:
            documents = documents[:n]
        if cosine:
            queries, documents = (
                part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-300)
                for part in (queries, documents)
            )
        scores = (scale if factor is None else factor(scale)) * (queries @ documents.T)
        right = np.diag(scores).copy()
        if texts is not None and doubles != "in":
            texts = np.asarray(texts)[: scores.shape[1]]
            same = texts[:n, None] == texts
            if doubles != "own too":
                np.fill_diagonal(same, False)
            scores = np.where(same, 0.0 if doubles == "zero" else -np.inf, scores)
        if own == "out":
            scores = scores.copy()
            np.fill_diagonal(scores, -np.inf)
        with np.errstate(all="ignore"):
            if not stable:
                return reduce(-np.log(np.exp(right) / np.exp(scores).sum(axis=1)))
            if axis == 0:
                return sign * reduce(_log_sum(scores, 0)[:n] - right)
            loss = reduce(_log_sum(scores, 1) - right)
            if symmetric:
                loss = (loss + reduce(_log_sum(scores, 0)[:n] - right)) / 2
        return sign * loss

    return in_batch_loss


def _unconverted(queries, documents, scale=20.0, texts=None):
    if isinstance(queries, list):
        raise TypeError("list indices must be integers or slices, not tuple")
    return _oracle(queries, documents, scale, texts)


X_MNRL = Check(
    id="X-mnrl",
    title="The ranking loss over a batch",
    level=2,
    minutes=20,
    points=3,
    function="in_batch_loss",
    make_cases=_cases,
    oracle=_oracle,
    compare=close(rtol=1e-6, atol=1e-9),
    misconceptions=(
        Misconception(
            "dot products instead of cosines",
            _variant(cosine=False),
            "You multiply the raw vectors. The scores are cosines: divide each query and each "
            "document by its length first, or long documents win without being right.",
        ),
        Misconception(
            "softmax over the queries",
            _variant(axis=0),
            "Your softmax runs down the columns: each document picks among the queries. Here each "
            "query picks among the documents, so sum over the documents: `axis=1`.",
        ),
        Misconception(
            "divided by the scale",
            _variant(factor=lambda scale: 1 / scale),
            "You divide by `scale`. The temperature tau divides, and scale is 1 / tau: cosines "
            "are multiplied by it. Otherwise all documents get nearly the same probability.",
        ),
        Misconception(
            "scale forgotten",
            _variant(factor=lambda scale: 1.0),
            "The scale is missing. A cosine is at most 1, so without it the best document gets at "
            "most e^2 = 7.4 times the probability of the worst, and the loss cannot become small.",
        ),
        Misconception(
            "sum over the batch",
            _variant(reduce=np.sum),
            "This is the sum over the queries. Take the mean, so that the loss (and the right "
            "learning rate) does not grow with the number of queries.",
        ),
        Misconception(
            "further documents ignored",
            _variant(extra=False),
            "The documents after the first B take no part. They belong to no query and are wrong "
            "for all of them: the scores are a B x M table, and each sum has M terms.",
        ),
        Misconception(
            "doubles count as wrong",
            _variant(doubles="in"),
            "All is right but the doubles. A document with the same number in `texts` as the "
            "query's own is right as well: set its score to -inf, so that it takes no part.",
        ),
        Misconception(
            "doubles scored 0",
            _variant(doubles="zero"),
            "Doubles get the score 0, and exp(0) = 1 still stands in the sum. What must not count "
            "at all needs the score -inf, of which the exponential is 0.",
        ),
        Misconception(
            "own document left out with its doubles",
            _variant(doubles="own too"),
            "Where `texts` is given, the query's own document has vanished from the sum: it has "
            "the same number as itself. Leave out its doubles only, and keep column i of row i.",
        ),
        Misconception(
            "own document left out of the sum",
            _variant(own="out"),
            "The query's own document is missing in the sum, so this is not a probability and "
            "falls below 0. In a softmax the sum runs over all candidates, the right one included.",
        ),
        Misconception(
            "exponential overflows",
            _variant(stable=False),
            "Right until the exponential overflows: exp(2000) is inf, and inf / inf is nan. "
            "Subtract each row's largest score first; the softmax does not change.",
        ),
        Misconception(
            "sign",
            _variant(sign=-1.0),
            "The sign is the wrong way round: this is the mean logarithm of the probability, "
            "which is negative. The loss is its negative, at least 0.",
        ),
        Misconception(
            "both directions",
            _variant(symmetric=True),
            "You average two losses, query to document and document to query. That is a good "
            "loss too (CLIP's), but here only queries choose.",
        ),
        Misconception(
            "lists not accepted",
            _unconverted,
            "Lists come in as well: start with `np.asarray(queries, dtype=float)`, and the same "
            "for the documents.",
        ),
    ),
)

CHECKS = (X_MNRL,)
