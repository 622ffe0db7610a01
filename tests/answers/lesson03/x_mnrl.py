"""Answers to X-mnrl."""

import math

import numpy as np
import torch
from scipy.special import logsumexp

CHECK = "X-mnrl"


def unit(vectors):
    vectors = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)


def in_torch(queries, documents, scale=20.0, texts=None):
    q, d = torch.tensor(unit(queries)), torch.tensor(unit(documents))
    scores = scale * torch.einsum("id,jd->ij", q, d)
    if texts is not None:
        texts = torch.tensor(np.asarray(texts))
        double = (texts[: len(q), None] == texts[None]) & ~torch.eye(len(q), len(d), dtype=bool)
        scores = scores.masked_fill(double, -torch.inf)
    return float(-scores.log_softmax(dim=1).diagonal().mean())


def loops(queries, documents, scale=20.0, texts=None):
    q, d = unit(queries).tolist(), unit(documents).tolist()
    losses = []
    for i, query in enumerate(q):
        scores = [scale * math.fsum(a * b for a, b in zip(query, row, strict=True)) for row in d]
        kept = [
            score
            for j, score in enumerate(scores)
            if j == i or texts is None or texts[j] != texts[i]
        ]
        losses.append(math.log(math.fsum(math.exp(score - max(kept)) for score in kept)))
        losses[-1] += max(kept) - scores[i]
    return math.fsum(losses) / len(losses)


def with_weights(queries, documents, scale=20.0, texts=None):
    scores = scale * unit(queries) @ unit(documents).T
    counts = np.ones_like(scores)
    if texts is not None:
        counts = (np.asarray(texts)[: len(scores), None] != np.asarray(texts)).astype(float)
        np.fill_diagonal(counts, 1.0)
    return np.mean(logsumexp(scores, axis=1, b=counts) - np.diagonal(scores))


def in_float32(queries, documents, scale=20.0, texts=None):
    q, d = (torch.tensor(unit(part), dtype=torch.float32) for part in (queries, documents))
    scores = scale * q @ d.T
    if texts is not None:
        texts = torch.tensor(np.asarray(texts))
        double = (texts[: len(q), None] == texts[None]) & ~torch.eye(len(q), len(d), dtype=bool)
        scores = scores.masked_fill(double, -torch.inf)
    return torch.nn.functional.cross_entropy(scores, torch.arange(len(q))).item()


def negatives_of_the_batch_only(queries, documents, scale=20.0, texts=None):
    texts = None if texts is None else [*texts[: len(queries)], *range(900, 960)][: len(documents)]
    return loops(queries, documents, scale, texts)


def epsilon(queries, documents, scale=20.0, texts=None):
    scores = scale * unit(queries) @ unit(documents).T
    scores -= scores.max(axis=1, keepdims=True)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return -np.log(np.diag(p) + 1e-10).mean()


def per_query(queries, documents, scale=20.0, texts=None):
    return -np.log(np.ones(len(queries)) / len(documents))


def unguarded(queries, documents, scale=20.0, texts=None):
    queries, documents = np.asarray(queries, dtype=float), np.asarray(documents, dtype=float)
    with np.errstate(invalid="ignore"):
        queries = queries / np.linalg.norm(queries, axis=1, keepdims=True)
        documents = documents / np.linalg.norm(documents, axis=1, keepdims=True)
    scores = scale * queries @ documents.T
    if texts is not None:
        double = np.asarray(texts)[: len(scores), None] == np.asarray(texts)
        np.fill_diagonal(double, False)
        scores = np.where(double, -np.inf, scores)
    return np.mean(logsumexp(scores, axis=1) - np.diagonal(scores))


def low_score(queries, documents, scale=20.0, texts=None):
    scores = scale * unit(queries) @ unit(documents).T
    if texts is not None:
        double = np.asarray(texts)[: len(scores), None] == np.asarray(texts)
        np.fill_diagonal(double, False)
        scores = np.where(double, -300.0, scores)
    return np.mean(logsumexp(scores, axis=1) - np.diagonal(scores))


def naive(queries, documents, scale=20.0, texts=None):
    queries, documents = np.asarray(queries, dtype=float), np.asarray(documents, dtype=float)
    with np.errstate(all="ignore"):
        queries = queries / np.linalg.norm(queries, axis=1)[:, None]
        documents = documents / np.linalg.norm(documents, axis=1)[:, None]
        powers = np.exp(scale * queries @ documents.T)
        return -np.log(np.diagonal(powers) / powers.sum(axis=1)).mean()


def naive_divided(queries, documents, scale=20.0, texts=None):
    return naive(queries, documents, 1 / scale)


def soft_margin(queries, documents, scale=20.0, texts=None):
    scores = scale * unit(queries) @ unit(documents).T
    gaps = scores - np.diagonal(scores)[:, None]
    np.fill_diagonal(gaps, -np.inf)
    return np.logaddexp(0, gaps).sum(axis=1).mean()


def hinge(queries, documents, scale=20.0, texts=None):
    scores = unit(queries) @ unit(documents).T
    return np.maximum(0, 0.2 - np.diag(scores)[:, None] + scores).mean()


RIGHT = [in_torch, loops, with_weights, in_float32]
WRONG = [
    (negatives_of_the_batch_only, "a twin among the further documents"),
    (epsilon, "a document twice, said in `texts`"),
    (low_score, "a document twice, far from its query"),
    (per_query, "where one number should come back"),
    (unguarded, "0 / 0"),
    (naive, "inf / inf"),
    (naive_divided, "You divide by `scale`"),
    (soft_margin, "the number is not right"),
    (hinge, "the number is not right"),
    (lambda queries, documents, scale=20.0, texts=None: 0.0, "the number is not right"),
    (lambda queries, documents: loops(queries, documents), "TypeError"),
]
_LIST = "the norm and the division turn lists and whole numbers into floats"
_ZERO = "0 divided by 1 or by 2 is 0"
SURVIVORS = {
    f"{name} = np.asarray({name}, dtype=float): np.asarray({name}, dtype=float) -> {new}": _LIST
    for name in ("queries", "documents")
    for new in (name, f"np.asarray({name})")
} | {
    "documents = documents / np.where(document_lengths > 0, document_length: 1 -> 2": _ZERO,
    "queries = queries / np.where(query_lengths > 0, query_lengths, 1): 1 -> 2": _ZERO,
}
