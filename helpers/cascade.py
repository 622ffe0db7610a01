"""Cascades: cheap rankings first, and dearer scores for the few documents that are left.

The scores of the dear stages on the course's retrieval set are stored (made by
``python -m benchmarks.compare_rerank``), so that a cascade of any depths can be tried at once.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.data.retrieval import RetrievalSet, retrieval_set
from helpers.stored import read_stored

__all__ = [
    "Cascade",
    "RerankScores",
    "grade_matrix",
    "load_rerank",
    "rerank",
    "retrieval_digest",
    "run_cascade",
    "smallest_k",
    "union",
]

FORMAT = 1
PATH = Path(__file__).parent.parent / "data" / "rerank.json"
COSTS = ("bm25_query", "minilm_query", "colbert_query", "maxsim_document", "cross_encoder_pair")


def rerank(ranking: Sequence[int], scores, k: int) -> np.ndarray:
    """Put the first documents of a ranking in a new order, and leave the rest behind them.

    Parameters
    ----------
    ranking : sequence of int
        Rows, best first.
    scores : array_like (n,)
        A score for every row of the collection; only those of the first `k` are read.
    k : int
        How many documents are scored anew.

    Returns
    -------
    ndarray, int64
        As long as `ranking`. Equal scores keep their order.

    Raises
    ------
    ValueError
        If `k` is negative, or a score that is needed is missing (NaN).
    """
    ranking, scores = np.asarray(ranking, dtype=np.int64), np.asarray(scores)
    if k < 0:
        raise ValueError(f"k must be 0 or more, not {k}.")
    head = scores[ranking[:k]]
    if np.isnan(head).any():
        row = ranking[:k][np.isnan(head)][0]
        raise ValueError(f"document {row} has no score: it was not scored for this query.")
    order = np.argsort(-head, kind="stable")
    return np.concatenate([ranking[:k][order], ranking[k:]])


def union(rankings: Sequence[Sequence[int]], depth: int) -> np.ndarray:
    """Join the first `depth` documents of several rankings, rank by rank, each document once.

    Parameters
    ----------
    rankings : sequence of sequence of int
        Rows, best first; they may differ in length.
    depth : int
        How many are read of each.

    Returns
    -------
    ndarray, int64
        The first of each ranking, then the second of each, and so on.

    Raises
    ------
    ValueError
        If `depth` is negative.
    """
    if depth < 0:
        raise ValueError(f"depth must be 0 or more, not {depth}.")
    lists = [np.asarray(ranking, dtype=np.int64)[:depth].tolist() for ranking in rankings]
    longest = max(map(len, lists), default=0)
    met = [rows[rank] for rank in range(longest) for rows in lists if rank < len(rows)]
    return np.array(list(dict.fromkeys(met)), dtype=np.int64)


class RerankScores:
    """What the dear stages say about the course's retrieval set, and what they cost.

    Attributes
    ----------
    raw : dict
        The file as it is; its fields are described in ``data/README.md``.
    maxsim : ndarray (n_queries, n_documents), float64
        Late interaction with the ColBERT backbone.
    cross_encoder : ndarray (n_queries, n_documents), float64
        Logits; NaN for pairs that were not scored.
    cpu_ms : dict of str to float
        CPU milliseconds on one thread: see `COSTS`.
    depths : dict of str to int
        How deep the cross-encoder has read each first stage, ``"minilm"`` and ``"bm25"``.
    """

    def __init__(self, raw: Mapping):
        self.raw = raw
        self.maxsim = np.array(raw["maxsim"], dtype=np.float64)
        self.cross_encoder = np.full(self.maxsim.shape, np.nan)
        for query, found in enumerate(raw["cross_encoder"]):
            self.cross_encoder[query, found["rows"]] = found["logits"]
        self.cpu_ms = {name: float(raw["cpu_ms"][name]) for name in COSTS}
        self.depths = dict(raw["settings"]["depths"])


def grade_matrix(retrieval: RetrievalSet) -> np.ndarray:
    """Return the grade of every document for every query: what a perfect reranker would know.

    Returns
    -------
    ndarray (n_queries, n_documents), int64
        0 where nothing was judged.
    """
    rows = retrieval.positions
    grades = np.zeros((len(retrieval.queries), len(rows)), dtype=np.int64)
    for number, query in enumerate(retrieval.queries):
        for doc, grade in query.grades.items():
            grades[number, rows[doc]] = grade
    return grades


@dataclass(frozen=True)
class Cascade:
    """What a cascade returned, and the work that it did.

    Attributes
    ----------
    run : list of ndarray
        For each query the final ranking of rows.
    maxsim, pairs : ndarray (n_queries,), int64
        Documents that were scored by MaxSim, and pairs that the cross-encoder read.
    cpu_ms : float
        Mean CPU milliseconds of a query, computed from the stored costs; the first stages as well.
    """

    run: list[np.ndarray]
    maxsim: np.ndarray
    pairs: np.ndarray
    cpu_ms: float


def run_cascade(
    first: Sequence[Sequence[int]],
    scores: RerankScores,
    k1: int = 0,
    k2: int = 0,
    *,
    first_stages: Sequence[str] = ("minilm",),
    floor: float | None = None,
    fallback: Sequence[Sequence[int]] | None = None,
) -> Cascade:
    """Rerank a run by MaxSim, then by the cross-encoder.

    Parameters
    ----------
    first : sequence of sequence of int
        For each query of the course's set a ranking of rows.
    scores : RerankScores
        The stored scores.
    k1, k2 : int
        How many documents MaxSim and the cross-encoder read; 0 leaves the stage out.
    first_stages : sequence of {"minilm", "bm25"}
        What made `first`, for its cost.
    floor : float, optional
        When no document gets a logit of at least this, the cross-encoder is not believed, and the
        query gets the ranking of `fallback`.
    fallback : sequence of sequence of int, optional
        By default the order before the cross-encoder.

    Returns
    -------
    Cascade

    Raises
    ------
    ValueError
        If a k is negative, a first stage is unknown, a run has not one ranking a query, or a pair
        that is needed was not scored.
    """
    unknown = set(first_stages) - {"minilm", "bm25"}
    if unknown:
        raise ValueError(f"no cost of {unknown.pop()!r} is stored: choose from minilm, bm25.")
    for run in (first, fallback):
        if run is not None and len(run) != len(scores.maxsim):
            raise ValueError(f"a run needs {len(scores.maxsim)} rankings, not {len(run)}.")
    final, counts = [], np.zeros((2, len(first)), dtype=np.int64)
    for number, ranking in enumerate(first):
        middle = rerank(ranking, scores.maxsim[number], k1)
        last = rerank(middle, scores.cross_encoder[number], k2)
        counts[:, number] = min(k1, len(middle)), min(k2, len(middle))
        if floor is not None and k2 and len(last):
            best = scores.cross_encoder[number][last[:k2]].max()
            if best < floor:
                last = middle if fallback is None else np.asarray(fallback[number])
        final.append(last)
    cost = scores.cpu_ms
    each = sum(cost[f"{stage}_query"] for stage in first_stages)
    each += cost["maxsim_document"] * counts[0].mean() + (cost["colbert_query"] if k1 else 0)
    each += cost["cross_encoder_pair"] * counts[1].mean()
    return Cascade(final, counts[0], counts[1], float(each))


def smallest_k(ks, quality, cost_ms, budget_ms: float, draws) -> int:
    """Choose the smallest depth that is affordable and not clearly worse than the best.

    Parameters
    ----------
    ks : array_like (n_k,)
        Depths, increasing.
    quality : array_like (n_k, n)
        Quality of each query at each depth.
    cost_ms : array_like (n_k,)
        Cost of a query at each depth.
    budget_ms : float
        Most that a query may cost.
    draws : array_like (R, n)
        Resamples of the queries (row numbers), for a paired percentile bootstrap (Efron 1979).

    Returns
    -------
    int
        The smallest affordable depth for which the 95% interval of (best affordable - depth) does
        not lie above 0; 0 if no depth is affordable.
    """
    quality, draws = np.asarray(quality, dtype=np.float64), np.asarray(draws)
    fits = np.flatnonzero(np.asarray(cost_ms) <= budget_ms)
    if not len(fits):
        return 0
    best = fits[quality[fits].mean(axis=1).argmax()]
    low = [np.quantile((quality[best] - quality[i])[draws].mean(axis=1), 0.025) for i in fits]
    return int(np.asarray(ks)[fits[np.flatnonzero(np.array(low) <= 0)[0]]])


def retrieval_digest(retrieval: RetrievalSet) -> str:
    """Return a fingerprint of the texts of a set, to see whether stored scores belong to it."""
    texts = [[d.content for d in retrieval.documents], [q.text for q in retrieval.queries]]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]


def load_rerank(path: str | Path | None = None) -> RerankScores:
    """Read the stored scores.

    Parameters
    ----------
    path : path, optional
        Another file of the same format; by default the project's ``data/rerank.json``.

    Returns
    -------
    RerankScores

    Raises
    ------
    ValueError
        If the file is missing, is not JSON, has another format, or was made from other texts.
    """
    path = PATH if path is None else Path(path)
    again = "run `python -m benchmarks.compare_rerank` in the project's folder to make it again"
    needed = {"texts", "settings", "maxsim", "cross_encoder", "cpu_ms"}
    raw = read_stored(path, FORMAT, needed, again)
    if raw["texts"] != retrieval_digest(retrieval_set()):
        raise ValueError(f"{path.name} was made from other texts than data/retrieval: {again}.")
    if not set(raw["cpu_ms"]) >= set(COSTS) or len(raw["cross_encoder"]) != len(raw["maxsim"]):
        raise ValueError(f"{path.name} is not finished: {again}.")
    return RerankScores(raw)
