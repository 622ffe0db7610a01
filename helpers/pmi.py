"""Word vectors by counting: (shifted positive) PMI of co-occurrences, truncated SVD.

Levy and Goldberg (2014), "Neural Word Embedding as Implicit Matrix Factorization", show that
skip-gram with negative sampling fits the matrix that is computed here directly.
"""

import math

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits

__all__ = [
    "dense_pmi",
    "fit_sgns_exactly",
    "fold_in",
    "positive_pmi",
    "svd_vectors",
]


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
