"""From a neighbour graph to a picture: UMAP's optimiser as a small kernel.

``optimise_layout`` is the fast one, ``naive_layout`` the same as plain loops: its specification.
The method is that of McInnes, Healy and Melville (2018, section 4.2): edges of the graph pull
their ends together, as often as they weigh, and each pull is followed by a few pushes away from
points drawn at random.

Two things make it fast. The force at a squared distance comes from a table instead of a power:
the table is indexed by the leading bits of the squared distance as a 32-bit float, so that its
steps grow with the distance and are 1.6% or less of it. And the point that is moved by five pushes
stays in registers all the while.
"""

import numba
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh

__all__ = ["curve", "curve_parameters", "forces", "naive_layout", "optimise_layout",
           "spectral_start"]  # fmt: skip

_SHIFT = 17  # of a float's 32 bits these are dropped: 6 bits of the fraction stay
_FIRST = int(np.float32(2.0**-24).view(np.int32)) >> _SHIFT
_LAST = int(np.float32(2.0**14).view(np.int32)) >> _SHIFT
_LIMIT = 4.0  # longest step along an axis, before the learning rate
_NEAR = 1e-3  # added to a squared distance, so that no push is infinite
_MULTIPLIER, _INCREMENT = 6364136223846793005, 1442695040888963407  # Knuth's MMIX generator


def curve(distance, a: float, b: float) -> np.ndarray:
    """Membership of a pair in the picture, ``1 / (1 + a distance^(2 b))``."""
    return 1 / (1 + a * np.asarray(distance, dtype=float) ** (2 * b))


def curve_parameters(min_dist: float = 0.1, spread: float = 1.0) -> tuple[float, float]:
    """Fit a and b to a curve that is 1 up to `min_dist` and then falls with `spread`.

    Parameters
    ----------
    min_dist : float
        From 0 to `spread`.
    spread : float
        Positive.

    Returns
    -------
    a, b : float
        The least squares of ``1 / (1 + a x^(2 b))`` over 300 evenly spaced values of x
        from 0 to ``3 spread``, as in umap-learn.

    Raises
    ------
    ValueError
        If `min_dist` or `spread` is out of range.
    """
    if not (0 <= min_dist <= spread and spread > 0):
        raise ValueError("min_dist must be from 0 to spread, and spread positive.")
    x = np.linspace(0, 3, 300)[1:]  # in units of spread; at 0 both curves are 1
    target = np.minimum(1, np.exp(min_dist / spread - x))
    log_a, b, damping = 0.0, 1.0, 1e-3
    error = np.sum((curve(x, 1, b) - target) ** 2)
    for _ in range(100):  # Levenberg (1944) and Marquardt (1963); ten rounds are usual
        fitted = curve(x, np.exp(log_a), b)
        slope = -fitted * (1 - fitted)
        jacobian = np.stack([slope, 2 * slope * np.log(x)], axis=1)
        normal = jacobian.T @ jacobian
        step = np.linalg.solve(
            normal + damping * np.diag(np.diag(normal)), jacobian.T @ (target - fitted)
        )
        tried = np.sum((curve(x, np.exp(log_a + step[0]), b + step[1]) - target) ** 2)
        if tried <= error:
            log_a, b, error, damping = log_a + step[0], b + step[1], tried, damping / 10
        else:
            damping *= 10
    return float(np.exp(log_a) / spread ** (2 * b)), float(b)


def forces(squared, a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of a pull and of a push at squared distances.

    Parameters
    ----------
    squared : array_like (n,)
        Squared distances, positive.
    a, b : float
        Of the curve.

    Returns
    -------
    pull, push : ndarray (n,)
        The step of ``y_i`` is one of these times ``y_i - y_j``, each coordinate cut at 4: minus
        the gradients of ``-log q`` and of ``-log (1 - q)`` for ``q = 1 / (1 + a squared^b)``,
        with .001 added to one squared distance of the push.
    """
    squared = np.asarray(squared, dtype=float)
    power = a * squared**b
    pull = -2 * b * power / (squared * (1 + power))
    push = 2 * b / ((_NEAR + squared) * (1 + power))
    return pull, push


def spectral_start(graph, seed: int = 0) -> np.ndarray:
    """Place the points by two eigenvectors of the graph, as umap-learn does by default.

    Parameters
    ----------
    graph : sparse (n, n)
        Symmetric memberships; connected.
    seed : int
        Of a noise with standard deviation .0001 of what is 10 wide.

    Returns
    -------
    ndarray (n, 2), float32
        Each coordinate from 0 to 10.

    Raises
    ------
    ValueError
        If the graph is not connected.

    Notes
    -----
    The eigenvectors of the second and third smallest eigenvalues of the normalised Laplacian
    (Belkin and Niyogi 2003).
    """
    graph = graph.tocsr()
    pieces = connected_components(graph, directed=False)[0]
    if pieces > 1:
        raise ValueError(f"the graph has {pieces} pieces: a spectral start needs it connected.")
    root = np.sqrt(np.asarray(graph.sum(axis=0)).ravel())
    entries = graph.tocoo()
    scaled = entries.data / (root[entries.row] * root[entries.col])
    similar = coo_array((scaled, (entries.row, entries.col)), shape=graph.shape).tocsr()
    # The largest eigenvalues of this are 1 minus the smallest of the Laplacian.
    values, vectors = eigsh(similar.astype(float), k=3, which="LA", v0=root, tol=1e-6)
    places = vectors[:, np.argsort(-values)[1:]]
    places *= np.sign(places[np.abs(places).argmax(axis=0), [0, 1]])  # their signs are free
    places *= 10 / np.abs(places).max()
    places += np.random.default_rng(seed).normal(scale=1e-4, size=places.shape)
    return _in_a_box(places)


def _in_a_box(places):
    low, high = places.min(axis=0), places.max(axis=0)
    return np.ascontiguousarray(10 * (places - low) / (high - low), dtype=np.float32)


def optimise_layout(
    graph, start, a: float, b: float, n_epochs: int = 500, n_negatives: int = 5, seed: int = 0,
    keep=(),
):  # fmt: skip
    """Move the points of a layout so that the graph's neighbours come together.

    Parameters
    ----------
    graph : sparse (n, n)
        Symmetric memberships w, in (0, 1].
    start : array_like (n, 2)
        Where to start.
    a, b : float
        From :func:`curve_parameters`.
    n_epochs : int
        Rounds. The heaviest edge pulls in each, an edge of half its weight in every second one.
        The learning rate falls from 1 to 0 in even steps.
    n_negatives : int
        Pushes after each pull.
    seed : int
        Of the points that push.
    keep : sequence of int
        Numbers of epochs after which the layout is kept.

    Returns
    -------
    ndarray (n, 2), float32, or (len(keep), n, 2)
        The layout; with `keep`, the kept ones.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a number is out of range.
    """
    heads, tails, weights = _edges(graph, start, a, b, n_epochs, n_negatives, keep)
    places = np.array(start, dtype=np.float32, order="C")
    bits = (np.arange(_FIRST, _LAST + 1, dtype=np.int64) << _SHIFT) + (1 << (_SHIFT - 1))
    middles = bits.astype(np.int32).view(np.float32)
    table = np.stack(forces(middles, a, b), axis=1).astype(np.float32)
    credit = np.zeros(len(weights), dtype=np.float32)
    state, kept = np.uint64(seed % 2**64), []
    for epoch in range(n_epochs):
        rate = np.float32(1 - epoch / n_epochs)
        state = np.uint64(
            _epoch(places, heads, tails, weights, credit, table, rate, n_negatives, state)
        )
        if epoch + 1 in keep:
            kept.append(places.copy())
    return np.stack(kept) if len(keep) else places


def _edges(graph, start, a, b, n_epochs, n_negatives, keep):
    """Check the input; return the ends and relative weights of the edges that pull at all."""
    graph = graph.tocsr().tocoo()
    n = graph.shape[0]
    if graph.shape != (n, n) or np.shape(start) != (n, 2):
        raise ValueError(
            f"the graph has the shape {graph.shape} and the start {np.shape(start)}: "
            "give (n, n) and (n, 2)."
        )
    if not (a > 0 and b > 0 and n_epochs >= 1 and n_negatives >= 0):
        raise ValueError("a, b and n_epochs must be positive, and n_negatives not negative.")
    if len(keep) and not all(1 <= epoch <= n_epochs for epoch in keep):
        raise ValueError(f"keep takes epochs from 1 to {n_epochs}.")
    if not graph.nnz:
        raise ValueError("the graph has no edges.")
    weights = (graph.data / graph.data.max()).astype(np.float32)
    often = weights >= 1 / n_epochs  # lighter edges would never pull
    return graph.row[often], graph.col[often], weights[often]


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _epoch(places, heads, tails, weights, credit, table, rate, n_negatives, state):
    n, limit = np.uint64(len(places)), np.float32(_LIMIT)
    for e in range(len(heads)):
        credit[e] += weights[e]
        if credit[e] < np.float32(1):
            continue
        credit[e] -= np.float32(1)
        i, j = heads[e], tails[e]
        x, y = places[i, 0], places[i, 1]
        dx, dy = x - places[j, 0], y - places[j, 1]
        squared = dx * dx + dy * dy
        slot = (np.float32(squared).view(np.int32) >> _SHIFT) - _FIRST
        pull = table[min(max(slot, 0), _LAST - _FIRST), 0]
        dx = rate * min(max(pull * dx, -limit), limit)
        dy = rate * min(max(pull * dy, -limit), limit)
        x, y = x + dx, y + dy
        places[j, 0] -= dx
        places[j, 1] -= dy
        for _ in range(n_negatives):
            state = state * np.uint64(_MULTIPLIER) + np.uint64(_INCREMENT)
            k = ((state >> np.uint64(32)) * n) >> np.uint64(32)
            if k == i:
                continue
            dx, dy = x - places[k, 0], y - places[k, 1]
            squared = dx * dx + dy * dy
            slot = (np.float32(squared).view(np.int32) >> _SHIFT) - _FIRST
            push = table[min(max(slot, 0), _LAST - _FIRST), 1]
            x += rate * min(max(push * dx, -limit), limit)
            y += rate * min(max(push * dy, -limit), limit)
        places[i, 0], places[i, 1] = x, y
    return state


def naive_layout(graph, start, a, b, n_epochs=500, n_negatives=5, seed=0):
    """Do what :func:`optimise_layout` does, with powers and in 64 bits: its specification.

    Parameters
    ----------
    graph, start, a, b, n_epochs, n_negatives, seed
        As for :func:`optimise_layout`.

    Returns
    -------
    ndarray (n, 2), float64
    """
    heads, tails, weights = _edges(graph, start, a, b, n_epochs, n_negatives, ())
    places = np.array(start, dtype=float)
    credit, state = np.zeros(len(weights), dtype=np.float32), seed % 2**64
    for epoch in range(n_epochs):
        rate = 1 - epoch / n_epochs
        for e, (i, j) in enumerate(zip(heads, tails, strict=True)):
            credit[e] += weights[e]
            if credit[e] < 1:
                continue
            credit[e] -= 1
            step = rate * _step(places[i] - places[j], 0, a, b)
            places[i] += step
            places[j] -= step
            for _ in range(n_negatives):
                state = (state * _MULTIPLIER + _INCREMENT) % 2**64
                k = (state >> 32) * len(places) >> 32
                if k != i:
                    places[i] += rate * _step(places[i] - places[k], 1, a, b)
    return places


def _step(difference, kind, a, b):
    squared = difference @ difference
    if squared == 0:
        return np.zeros(2)
    return np.clip(forces(squared, a, b)[kind] * difference, -_LIMIT, _LIMIT)
