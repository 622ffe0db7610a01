"""Word vectors by counting: co-occurrences, (shifted positive) PMI, truncated SVD.

Levy and Goldberg (2014), "Neural Word Embedding as Implicit Matrix Factorization", show that
skip-gram with negative sampling fits the matrix that is computed here directly.
"""

import math
from typing import Literal

import numba
import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits

from helpers.vocabulary import EncodedCorpus

__all__ = [
    "cooccurrences",
    "dense_pmi",
    "fit_sgns_exactly",
    "fold_in",
    "positive_pmi",
    "svd_vectors",
]


def cooccurrences(
    corpus: EncodedCorpus,
    n_words: int,
    window: int = 5,
    weighting: Literal["linear", "uniform"] = "linear",
) -> csr_array:
    """Count how often words stand near each other.

    Parameters
    ----------
    corpus : EncodedCorpus
        Sentences of word ids. Windows do not reach into the next sentence.
    n_words : int
        Only words with ids below this are counted; the others keep their place in the window.
    window : int
        Largest distance between a word and its context.
    weighting : {"linear", "uniform"}
        A context at distance m counts ``(window - m + 1) / window``, which is how often
        word2vec's randomly shrunk windows reach it, or 1.

    Returns
    -------
    csr_array (n_words, n_words), float32
        Symmetric; the columns of each row are sorted.

    Raises
    ------
    ValueError
        If the corpus is empty, or `n_words`, `window` or `weighting` is out of range.
    """
    if weighting not in ("linear", "uniform"):
        raise ValueError(f'weighting must be "linear" or "uniform", not {weighting!r}.')
    if window < 1 or n_words < 1:
        raise ValueError(f"window and n_words must be at least 1, not {window} and {n_words}.")
    if not corpus.n_tokens:
        raise ValueError("the corpus has no tokens: give more text or a lower min_count.")
    # Whole numbers add up exactly in float32; they are divided by the window at the end.
    linear = weighting == "linear"
    weights = np.arange(window, 0, -1) if linear else np.ones(window)
    # A gap of `window` places around each sentence, filled with a word of its own (n_words),
    # spares the innermost loop every question about borders.
    lengths = np.diff(corpus.offsets)
    shift = window * (1 + np.arange(len(lengths)))
    places = np.arange(corpus.n_tokens) + np.repeat(shift, lengths)
    tokens = np.full(corpus.n_tokens + window * (len(lengths) + 1), n_words, dtype=np.int32)
    tokens[places] = np.minimum(corpus.tokens, n_words)
    counts = np.bincount(tokens, minlength=n_words)[:n_words]
    columns, values, rows = _count(tokens, counts, weights.astype(np.float32))
    if linear:
        values /= window
    return csr_array((values, columns, rows), shape=(n_words, n_words))


@numba.njit(cache=True, nogil=True)
def _count(tokens, counts, weights):
    """Fill one row at a time: all places of a word, added into a dense row that stays in cache."""
    n_words, window = len(counts), len(weights)
    ends = np.cumsum(counts)
    following = ends - counts
    places = np.empty(ends[-1], dtype=np.int32)
    for i in range(len(tokens)):
        if tokens[i] < n_words:
            places[following[tokens[i]]] = i
            following[tokens[i]] += 1
    # The outputs are allocated for the largest possible number of cells; memory that is never
    # written to is never really taken.
    capacity = np.minimum(counts * 2 * window, n_words).sum()
    columns = np.empty(capacity, dtype=np.int32)
    values = np.empty(capacity, dtype=np.float32)
    rows = np.zeros(n_words + 1, dtype=np.int64)
    row = np.zeros(n_words + 1, dtype=np.float32)
    touched = np.empty(n_words + 1, dtype=np.int32)
    filled = 0
    for word in range(n_words):
        mine = places[ends[word] - counts[word] : ends[word]]
        for i in mine:
            for m in range(window):
                row[tokens[i - m - 1]] += weights[m]
                row[tokens[i + m + 1]] += weights[m]
        row[n_words] = 0
        if len(mine) * 16 * window > n_words:
            found = np.nonzero(row)[0].astype(np.int32)
        else:
            n_touched = 0
            for i in mine:
                for j in range(i - window, i + window + 1):
                    if row[tokens[j]] > 0:
                        touched[n_touched] = tokens[j]
                        row[tokens[j]] *= -1  # Marked as found.
                        n_touched += 1
            found = touched[:n_touched]
            found.sort()
        for context in found:
            columns[filled] = context
            values[filled] = abs(row[context])
            row[context] = 0
            filled += 1
        rows[word + 1] = filled
    return columns[:filled].copy(), values[:filled].copy(), rows


def dense_pmi(counts, smoothing: float = 1.0) -> np.ndarray:
    """Pointwise mutual information of every cell of a small table.

    Parameters
    ----------
    counts : array_like (n_words, n_contexts)
        Co-occurrences, or their probabilities.
    smoothing : float
        Exponent of the context distribution; 3/4 is word2vec's.

    Returns
    -------
    ndarray (n_words, n_contexts), float64
        ``log P(w, c) - log P(w) - log P_s(c)``; minus infinity where the count is 0.
    """
    counts = np.asarray(counts, dtype=np.float64)
    _check_counts(counts)
    noise = counts.sum(axis=0) ** smoothing
    with np.errstate(divide="ignore", invalid="ignore"):
        pmi = np.log(counts) - np.log(counts.sum(axis=1, keepdims=True) * noise / noise.sum())
    pmi[counts == 0] = -np.inf
    return pmi


def positive_pmi(
    counts, shift: float = 1.0, smoothing: float = 0.75, context_counts=None
) -> csr_array:
    """Shifted positive PMI, ``max(PMI - log shift, 0)``, as a sparse matrix.

    Parameters
    ----------
    counts : sparse array (n_words, n_contexts)
        Co-occurrences.
    shift : float
        The k of negative sampling; 1 is plain positive PMI.
    smoothing : float
        Exponent of the context distribution (Levy, Goldberg and Dagan 2015 advise 3/4).
    context_counts : array_like (n_contexts,), optional
        How often each context occurs, when `counts` holds only some of the words; otherwise the
        sums of the columns.

    Returns
    -------
    csr_array (n_words, n_contexts), float32
        Without explicit zeros.

    Raises
    ------
    ValueError
        If `shift` is not positive or the counts are not.
    """
    if shift <= 0:
        raise ValueError(f"shift must be positive (it is the number of negatives), not {shift}.")
    counts = csr_array(counts)
    _check_counts(counts)
    in_row = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    if context_counts is None:
        context_counts = counts.sum(axis=0)
    noise = np.asarray(context_counts, dtype=np.float64).ravel() ** smoothing
    with np.errstate(divide="ignore"):
        log_row = np.log(in_row).astype(np.float32)
        log_noise = np.log(noise / noise.sum()).astype(np.float32)
    values = np.log(counts.data.astype(np.float32)) - np.float32(math.log(shift))
    values -= np.repeat(log_row, np.diff(counts.indptr))
    values -= log_noise[counts.indices]
    kept = values > 0
    cells = np.concatenate([[0], np.cumsum(kept)])
    return csr_array((values[kept], counts.indices[kept], cells[counts.indptr]), shape=counts.shape)


def svd_vectors(
    matrix, dim: int = 100, power: float = 0.5, seed: int = 1, n_iter: int = 4
) -> tuple[np.ndarray, np.ndarray]:
    """Word and context vectors from a truncated SVD, ``matrix ~ W C^T``.

    Parameters
    ----------
    matrix : array or sparse array (n_words, n_contexts)
        Such as a PPMI matrix.
    dim : int
        Number of singular values kept.
    power : float
        Exponent p of the singular values: W = U S^p and C = V S^(1 - p). Halves treat words and
        contexts alike, as SGNS does.
    seed : int
        Seed of the randomised range finder (Halko, Martinsson and Tropp 2011).
    n_iter : int
        Power iterations.

    Returns
    -------
    tuple of ndarray (n_words, dim) and ndarray (n_contexts, dim), float32
    """
    if not 1 <= dim <= min(matrix.shape):
        raise ValueError(f"dim must be between 1 and {min(matrix.shape)}, not {dim}.")
    u, s, vt = randomized_svd(matrix, dim, n_iter=n_iter, random_state=seed)
    words, contexts = u * s**power, vt.T * s ** (1 - power)
    return words.astype(np.float32), contexts.astype(np.float32)


def fold_in(rows, context_vectors: np.ndarray) -> np.ndarray:
    """Vectors for new rows of a matrix that has been factorised already.

    Parameters
    ----------
    rows : array or sparse array (n, n_contexts)
        Such as PPMI rows of words that were left out.
    context_vectors : ndarray (n_contexts, dim)
        C of ``matrix ~ W C^T``.

    Returns
    -------
    ndarray (n, dim)
        The least-squares solution W of ``rows ~ W C^T``.
    """
    gram = context_vectors.T @ context_vectors
    return np.linalg.solve(gram, (rows @ context_vectors).T).T


def fit_sgns_exactly(
    joint, noise, negatives: float, dim: int, seed: int = 1, max_steps: int = 1_000
) -> tuple[np.ndarray, np.ndarray]:
    """Minimise the expected SGNS loss of a small world, without sampling.

    The loss is ``-sum_wc P(w, c) log s(x) + k P(w) Pn(c) log s(-x)`` with ``x = v_w . u_c`` and
    the logistic function s; its minimum is found by L-BFGS.

    Parameters
    ----------
    joint : array_like (n_words, n_contexts)
        P(w, c), or counts.
    noise : array_like (n_contexts,)
        Distribution of the negatives.
    negatives : float
        The k of negative sampling.
    dim : int
        Dimension of the vectors.
    seed : int
        Seed of the start.
    max_steps : int
        Most steps of L-BFGS.

    Returns
    -------
    tuple of ndarray (n_words, dim) and ndarray (n_contexts, dim), float64
        The vectors v and u.
    """
    joint = np.asarray(joint, dtype=np.float64)
    _check_counts(joint)
    joint = joint / joint.sum()
    noise = np.asarray(noise, dtype=np.float64)
    negative = negatives * np.outer(joint.sum(axis=1), noise / noise.sum())
    n_words = len(joint)

    def loss_and_gradient(flat):
        v, u = np.split(flat.reshape(-1, dim), [n_words])
        x = v @ u.T
        loss = (joint * np.logaddexp(0, -x) + negative * np.logaddexp(0, x)).sum()
        by_x = (joint + negative) / (1 + np.exp(-x)) - joint
        return loss, np.concatenate([by_x @ u, by_x.T @ v]).ravel()

    start = np.random.default_rng(seed).normal(scale=0.3, size=sum(joint.shape) * dim)
    options = {"maxiter": max_steps, "maxfun": 2 * max_steps, "ftol": 1e-15, "gtol": 1e-9}
    with threadpool_limits(1):  # The products are tiny: handing them to threads costs more.
        found = minimize(loss_and_gradient, start, jac=True, method="L-BFGS-B", options=options)
    v, u = np.split(found.x.reshape(-1, dim), [n_words])
    return v, u


def _check_counts(counts) -> None:
    smallest = counts.min() if counts.ndim == 2 and min(counts.shape) else 0
    if counts.ndim != 2 or smallest < 0 or not counts.sum() > 0:
        raise ValueError("counts must be a table of numbers that are at least 0, with a sum > 0.")
