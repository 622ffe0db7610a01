"""Attention, and the codes of position that go with it, in plain NumPy.

The few lines behind :mod:`helpers.models.encoder`, to be read, taken apart and measured. Arrays may
have any leading dimensions (texts, heads); the last two are positions and features.

References
----------
Vaswani et al. (2017), "Attention Is All You Need", sections 3.2 and 3.5. Su et al. (2021),
"RoFormer: Enhanced Transformer with Rotary Position Embedding".
"""

import numpy as np

__all__ = [
    "attention",
    "contribution_shares",
    "join_heads",
    "rotary",
    "shift_rotation",
    "sinusoidal_positions",
    "split_heads",
]


def attention(queries, keys, values, mask=None) -> tuple[np.ndarray, np.ndarray]:
    """Compute scaled dot-product attention, softmax(Q K^T / sqrt(d)) V.

    Parameters
    ----------
    queries : array_like (..., m, d)
        What each position asks for.
    keys : array_like (..., L, d)
        What each position offers to be found by.
    values : array_like (..., L, v)
        What each position hands over.
    mask : array_like broadcastable to (..., m, L), optional
        True or 1 where a query (row) may see a key (column).

    Returns
    -------
    output : ndarray (..., m, v)
        For each query a weighted mean of the values it may see; zeros if it may see none.
    weights : ndarray (..., m, L)
        Rows sum to 1, or to 0 if the query may see nothing.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    queries, keys, values = (np.asarray(array) for array in (queries, keys, values))
    if (
        min(queries.ndim, keys.ndim, values.ndim) < 2
        or queries.shape[-1] != keys.shape[-1]
        or keys.shape[-2] != values.shape[-2]
    ):
        raise ValueError(
            "queries (m, d), keys (L, d) and values (L, v) do not fit: their shapes are "
            f"{queries.shape}, {keys.shape} and {values.shape}."
        )
    scores = queries @ keys.swapaxes(-1, -2) / queries.shape[-1] ** 0.5
    if mask is None:
        mask = True
    # The lowest finite number, not -inf: its difference with itself is 0 and not NaN.
    scores = np.where(mask, scores, np.finfo(scores.dtype).min)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True)) * mask
    # The largest term is 1, so a sum is at least 1, or 0 where nothing may be seen.
    weights = weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1)
    return weights @ values, weights


def split_heads(x, heads: int) -> np.ndarray:
    """Cut the features of (..., L, d) into heads: (..., heads, L, d / heads).

    Raises
    ------
    ValueError
        If d is not a multiple of `heads`.
    """
    x = np.asarray(x)
    if heads < 1 or x.shape[-1] % heads:
        raise ValueError(f"{x.shape[-1]} features cannot be cut into {heads} equal heads.")
    return x.reshape(*x.shape[:-1], heads, -1).swapaxes(-2, -3)


def join_heads(x) -> np.ndarray:
    """Put heads (..., heads, L, d / heads) side by side again: (..., L, d)."""
    x = np.asarray(x).swapaxes(-2, -3)
    return x.reshape(*x.shape[:-2], -1)


def contribution_shares(weights, values, mixing) -> np.ndarray:
    """Say how much of what a position receives comes from each position, by length of vectors.

    A weight says little if the value it multiplies is short: position i receives from j, through
    one head, the vector ``weights[i, j] * mixing @ values[j]``.

    Parameters
    ----------
    weights : array_like (heads, L, L)
        Attention weights; rows are receivers.
    values : array_like (heads, L, d / heads)
        Value vectors.
    mixing : array_like (d, d)
        The matrix behind the heads, as `torch.nn.Linear` stores it: outputs x inputs.

    Returns
    -------
    ndarray (heads, L, L)
        Lengths of these vectors, each row divided by its sum.

    References
    ----------
    Kobayashi, Kuribayashi, Yokoi & Inui (2020), "Attention is Not Only a Weight: Analyzing
    Transformers with Vector Norms".
    """
    weights, values, mixing = (np.asarray(array) for array in (weights, values, mixing))
    heads, _, width = values.shape
    per_head = mixing.reshape(len(mixing), heads, width)
    lengths = np.linalg.norm(np.einsum("hjw,dhw->hjd", values, per_head), axis=-1)
    shares = weights * lengths[:, None, :]
    return shares / shares.sum(axis=-1, keepdims=True)


def _angles(positions, d: int, base: float) -> np.ndarray:
    """Return the angle of each position (row) in each pair of features (column), in radians."""
    if d < 2 or d % 2:
        raise ValueError(f"the width must be even, one pair of features a frequency, not {d}.")
    if base <= 1:
        raise ValueError(f"base must be greater than 1, not {base}.")
    return np.multiply.outer(np.asarray(positions, dtype=float), base ** (-np.arange(0, d, 2) / d))


def sinusoidal_positions(positions, d: int, base: float = 10_000.0) -> np.ndarray:
    """Code positions by sines and cosines of falling frequencies.

    Parameters
    ----------
    positions : array_like (L,)
        Positions; any numbers.
    d : int
        Width, even. Feature 2i is sin(p w_i), feature 2i + 1 is cos(p w_i), with the frequency
        w_i = base^(-2i / d).
    base : float
        The slowest wave is almost 2 pi base positions long.

    Returns
    -------
    ndarray (L, d)

    Raises
    ------
    ValueError
        If `d` is odd or `base` is not greater than 1.
    """
    angles = _angles(positions, d, base)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(*angles.shape[:-1], d)


def shift_rotation(offset: float, d: int, base: float = 10_000.0) -> np.ndarray:
    """Build the matrix that moves every sinusoidal code on by `offset` positions.

    Parameters
    ----------
    offset : float
        How far; negative for back.
    d, base
        As for :func:`sinusoidal_positions`.

    Returns
    -------
    ndarray (d, d)
        A rotation in each pair of features, by angles that do not depend on the position.

    Raises
    ------
    ValueError
        As :func:`sinusoidal_positions`.
    """
    matrix = np.zeros((d, d))
    for i, angle in enumerate(_angles(offset, d, base)):
        c, s = np.cos(angle), np.sin(angle)
        matrix[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[c, s], [-s, c]]
    return matrix


def rotary(x, positions, base: float = 10_000.0) -> np.ndarray:
    """Turn each pair of features of a query or key by an angle that grows with its position.

    Parameters
    ----------
    x : array_like (..., L, d)
        Queries or keys, d even.
    positions : array_like (L,)
        Their positions.
    base : float
        As for :func:`sinusoidal_positions`.

    Returns
    -------
    ndarray (..., L, d)
        Vectors of the same lengths. The dot product of a query at p and a key at q depends on the
        positions only by p - q.

    Raises
    ------
    ValueError
        If d is odd, or there is not one position a row.
    """
    x = np.asarray(x)
    angles = _angles(positions, x.shape[-1], base)
    if angles.shape != (x.shape[-2], x.shape[-1] // 2):
        raise ValueError(f"{x.shape[-2]} rows need as many positions, not {np.size(positions)}.")
    first, second = x[..., 0::2], x[..., 1::2]
    cos, sin = np.cos(angles), np.sin(angles)
    turned = np.stack([first * cos - second * sin, first * sin + second * cos], axis=-1)
    return turned.reshape(x.shape)
