"""Taking GloVe apart: other optimisers, one matrix for two, and cells kept aside.

What lesson 02 compares with :func:`helpers.glove.train_glove`, on a few hundred words at a time.
The loss is that of Pennington, Socher and Manning (2014), equation 8.
"""

from dataclasses import dataclass
from typing import Literal

import numba
import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from helpers.glove import weighting

__all__ = ["Descent", "ExactFit", "descend", "filled_block", "fit_exactly", "hold_out", "predict"]

Rule = Literal["batch", "sgd", "adagrad"]
RUNAWAY = 1e6  # A cost or a pull of this size means that the learning rate was too high.


def hold_out(counts, share: float = 0.1, seed: int = 1) -> tuple[csr_array, np.ndarray]:
    """Split the non-zero cells into those to train on and those to ask about.

    A cell (i, j) and its mirror image (j, i) always go the same way: they hold the same count, so
    one of them would give the other away.

    Parameters
    ----------
    counts : sparse array (V, V)
        Co-occurrences.
    share : float
        Share of the pairs that is kept aside, between 0 and 1.
    seed : int
        Seed of the choice.

    Returns
    -------
    tuple of csr_array (V, V) and ndarray (n, 3), float64
        The counts that are left, and row, column and count of each cell kept aside.

    Raises
    ------
    ValueError
        If `share` is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1, not {share}.")
    cells = csr_array(counts).tocoo()
    low, high = np.minimum(cells.row, cells.col), np.maximum(cells.row, cells.col)
    _, pair = np.unique(low.astype(np.int64) * counts.shape[0] + high, return_inverse=True)
    aside = (np.random.default_rng(seed).random(pair.max(initial=-1) + 1) < share)[pair]
    left = csr_array(
        (cells.data[~aside], (cells.row[~aside], cells.col[~aside])), shape=counts.shape
    )
    left.sort_indices()
    return left, np.column_stack([cells.row[aside], cells.col[aside], cells.data[aside]])


def predict(model, rows, columns) -> np.ndarray:
    """Compute what a GloVe model says of log X: w . w~ + b + b~ for each of some cells.

    Parameters
    ----------
    model : GloVe or ExactFit or Descent
        Anything with ``word_vectors``, ``context_vectors``, ``word_biases``, ``context_biases``.
    rows, columns : array_like (n,)
        Ids of words and contexts; whole numbers, also as floats.

    Returns
    -------
    ndarray (n,), float64
    """
    i, j = np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)
    products = np.einsum(
        "nd,nd->n", model.word_vectors[i], model.context_vectors[j], dtype=np.float64
    )
    return products + model.word_biases[i] + model.context_biases[j]


def filled_block(counts) -> np.ndarray:
    """Choose words among which every pair has met.

    Parameters
    ----------
    counts : array_like (n, n)
        A symmetric table of counts.

    Returns
    -------
    ndarray of int
        Rows that are left when the one with the most empty cells is dropped, again and again.
    """
    counts = np.asarray(counts)
    kept = np.arange(len(counts))
    while (empty := (counts[np.ix_(kept, kept)] == 0).sum(axis=1)).any():
        kept = np.delete(kept, empty.argmax())
    return kept


@dataclass(frozen=True)
class ExactFit:
    """A least-squares optimum: vectors, biases, and the mean cost of a cell there."""

    word_vectors: np.ndarray
    context_vectors: np.ndarray
    word_biases: np.ndarray
    context_biases: np.ndarray
    cost: float


def fit_exactly(
    counts, dim: int, *, shared: bool = False, x_max: float = 10.0, seed: int = 1,
    max_steps: int = 300,
) -> ExactFit:  # fmt: skip
    """Minimise GloVe's loss over a small table with L-BFGS, so that no learning rate plays a role.

    Parameters
    ----------
    counts : array_like (n, n)
        Co-occurrences; cells with 0 do not count.
    dim : int
        Length of the vectors.
    shared : bool
        One matrix and one bias for both roles: w~ = w and b~ = b.
    x_max : float
        Of the weighting function, with exponent 3/4.
    seed : int
        Seed of the start.
    max_steps : int
        Most steps of L-BFGS.

    Returns
    -------
    ExactFit

    Raises
    ------
    ValueError
        If the table is not square, or has no positive cell.
    """
    counts = np.asarray(counts, dtype=np.float64)
    n = len(counts)
    if counts.shape != (n, n) or not (counts > 0).any():
        raise ValueError(f"counts must be a square table with counts in it, not {counts.shape}.")
    targets, weights = np.log(np.where(counts > 0, counts, 1)), weighting(counts, x_max)

    def unpack(flat):
        sides = flat.reshape(1 if shared else 2, n, dim + 1)
        return sides[0, :, :dim], sides[-1, :, :dim], sides[0, :, dim], sides[-1, :, dim]

    def cost_and_gradient(flat):
        words, contexts, bias, context_bias = unpack(flat)
        errors = words @ contexts.T + bias[:, None] + context_bias - targets
        pulls = 2 * weights * errors
        sides = [
            np.column_stack([pulls @ contexts, pulls.sum(axis=1)]),
            np.column_stack([pulls.T @ words, pulls.sum(axis=0)]),
        ]
        gradient = sides[0] + sides[1] if shared else np.stack(sides)
        return (weights * errors**2).sum(), gradient.ravel()

    start = np.random.default_rng(seed).uniform(-0.5, 0.5, ((2 - shared) * n, dim + 1))
    with threadpool_limits(1):  # Products this small are slower on two threads than on one.
        found = minimize(
            cost_and_gradient, (start / np.sqrt(dim)).ravel(), jac=True, method="L-BFGS-B",
            options={"maxiter": max_steps, "maxfun": 2 * max_steps},
        )  # fmt: skip
    return ExactFit(*unpack(found.x), float(found.fun / (counts > 0).sum()))


@dataclass(frozen=True)
class Descent:
    """What :func:`descend` arrived at.

    Attributes
    ----------
    word_vectors, context_vectors : ndarray (V, d)
        w and w~.
    word_biases, context_biases : ndarray (V,)
        b and b~.
    word_squares, context_squares : ndarray (V, d + 1)
        AdaGrad's sums of squared gradients, that of the bias last; ones with other rules.
    costs : ndarray (passes + 1,)
        Mean of f(X) (w . w~ + b + b~ - log X)^2 over all cells, at the start and after each pass;
        not a number once a rule has run away.
    """

    word_vectors: np.ndarray
    context_vectors: np.ndarray
    word_biases: np.ndarray
    context_biases: np.ndarray
    word_squares: np.ndarray
    context_squares: np.ndarray
    costs: np.ndarray


def descend(
    counts, rule: Rule, lr: float, passes: int, *, dim: int = 20, x_max: float = 10.0,
    seed: int = 1,
) -> Descent:  # fmt: skip
    """Minimise GloVe's loss by one of three rules, all from the same start.

    Parameters
    ----------
    counts : sparse array (V, V)
        Co-occurrences.
    rule : {"batch", "sgd", "adagrad"}
        One step a pass along the gradient of the mean over all cells; one step a cell, in random
        order; the same with each step divided by the root of the sum of squared gradients of that
        number up to and with this step (Duchi, Hazan and Singer 2011), the sums starting at 1.
    lr : float
        Learning rate.
    passes : int
        How often all cells are visited.
    dim : int
        Length of the vectors.
    x_max : float
        Of the weighting function, with exponent 3/4.
    seed : int
        Seed of the start and of the orders.

    Returns
    -------
    Descent

    Raises
    ------
    ValueError
        If the rule is unknown, or there is no positive cell.
    """
    if rule not in ("batch", "sgd", "adagrad"):
        raise ValueError(f'rule must be "batch", "sgd" or "adagrad", not {rule!r}.')
    cells = csr_array(counts).tocoo()
    there = cells.data > 0
    if not there.any():
        raise ValueError("counts has no positive cell: give more text.")
    rows, columns = (ids[there].astype(np.int64) for ids in (cells.row, cells.col))
    targets = np.log(cells.data[there], dtype=np.float64)
    weights = weighting(cells.data[there], x_max)
    rng = np.random.default_rng(seed)
    words, contexts = rng.uniform(-0.5, 0.5, (2, counts.shape[0], dim + 1)) / dim
    squares = np.ones((2, counts.shape[0], dim + 1))
    costs = np.full(passes + 1, np.nan)
    for done in range(passes + 1):
        with np.errstate(over="ignore", invalid="ignore"):
            errors = np.einsum("nd,nd->n", words[rows, :dim], contexts[columns, :dim])
            errors += words[rows, dim] + contexts[columns, dim] - targets
            costs[done] = (weights * errors**2).mean()
        if done == passes or not costs[done] < RUNAWAY:
            break
        if rule == "batch":
            _batch_step(words, contexts, csr_array((weights * errors, (rows, columns))), lr)
        else:
            order = rng.permutation(len(rows))
            _visit(
                words, contexts, *squares, rows, columns, targets, weights, order, lr,
                rule == "adagrad",
            )  # fmt: skip
    costs[costs >= RUNAWAY] = np.nan
    return Descent(
        words[:, :dim], contexts[:, :dim], words[:, dim], contexts[:, dim], *squares, costs
    )


def _batch_step(words, contexts, pulls, lr):
    """Step along the gradient of half the mean cost; `pulls` holds f(X) times error."""
    old_words, old_contexts = words.copy(), contexts.copy()
    old_words[:, -1] = old_contexts[:, -1] = 1  # Where the bias stands, its partner is a 1.
    rate = lr / pulls.nnz
    words -= rate * (pulls @ old_contexts)
    contexts -= rate * (pulls.T @ old_words)


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
def _visit(
    words, contexts, word_squares, context_squares, rows, columns, targets, weights, order, lr,
    adagrad,
):  # fmt: skip
    dim = words.shape[1] - 1
    w_step, c_step = np.empty(dim + 1), np.empty(dim + 1)
    for cell in order:
        i, j = rows[cell], columns[cell]
        error = words[i, dim] + contexts[j, dim] - targets[cell]
        for m in range(dim):
            error += words[i, m] * contexts[j, m]
        pull = weights[cell] * error
        if not abs(pull) < RUNAWAY:
            return
        for m in range(dim):
            w_step[m], c_step[m] = pull * contexts[j, m], pull * words[i, m]
        w_step[dim] = c_step[dim] = pull
        if adagrad:
            for m in range(dim + 1):
                word_squares[i, m] += w_step[m] * w_step[m]
                context_squares[j, m] += c_step[m] * c_step[m]
                words[i, m] -= lr * w_step[m] / np.sqrt(word_squares[i, m])
                contexts[j, m] -= lr * c_step[m] / np.sqrt(context_squares[j, m])
        else:
            for m in range(dim + 1):
                words[i, m] -= lr * w_step[m]
                contexts[j, m] -= lr * c_step[m]
