"""What serving vectors costs: operations of an encoder, bytes of an index, answer times of shards.

References
----------
Malkov & Yashunin (2018), "Efficient and Robust Approximate Nearest Neighbor Search Using
Hierarchical Navigable Small World Graphs" (the graph's levels). Dean & Barroso (2013), "The Tail
at Scale" (fan-out and hedged requests).
"""

import math
from statistics import NormalDist

import numpy as np

__all__ = ["above_zero", "at_least", "encoder_flops", "index_bytes", "shard_latencies"]


def at_least(least: int, **values: float) -> None:
    """Raise ValueError when one of the named values is less than `least`, or NaN."""
    for name, value in values.items():
        if not value >= least:
            raise ValueError(f"{name} must be at least {least}, not {value}.")


def above_zero(**values: float) -> None:
    """Raise ValueError when one of the named values is 0, negative or NaN."""
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} must be above 0, not {value}.")


def encoder_flops(tokens: int, dim: int, layers: int) -> int:
    """Count the floating-point operations of a Transformer encoder's matrix products.

    A layer's four projections (query, key, value, output) take 2 L d^2 each, its feed-forward
    network from d to 4d and back 16 L d^2; scores and weighted sums take 2 L^2 d each: together
    24 L d^2 + 4 L^2 d. A multiply-add counts as two operations; softmax, norms and biases do not
    count.

    Parameters
    ----------
    tokens, dim, layers : int
        Length L of the text, width d of the hidden states, number of layers.

    Returns
    -------
    int
        Operations for one text.

    Raises
    ------
    ValueError
        If an argument is less than 1.
    """
    at_least(1, tokens=tokens, dim=dim, layers=layers)
    return layers * (24 * tokens * dim**2 + 4 * tokens**2 * dim)


def index_bytes(dim: int, component_bytes: float, links: int) -> tuple[float, float]:
    """Return the mean bytes of one document in an HNSW index: of its vector, of its links.

    A node has room for 2M links of 4 bytes on the base level and for M on each level above. A
    node reaches level l with probability M^-l, so it has 1 / (M - 1) upper levels on average.

    Parameters
    ----------
    dim : int
        Components of a vector.
    component_bytes : float
        4 for FP32, 2 for FP16, 1 for INT8.
    links : int
        M, at least 2.

    Returns
    -------
    (float, float)

    Raises
    ------
    ValueError
        If an argument is too small.
    """
    at_least(1, dim=dim)
    at_least(2, links=links)
    above_zero(component_bytes=component_bytes)
    return dim * component_bytes, 4 * (2 * links + links / (links - 1))


def shard_latencies(
    trials: int,
    shards: int,
    median_ms: float,
    spread: float,
    *,
    common: float = 0.0,
    hedge_after: float | None = None,
    seed: int = 1,
) -> tuple[np.ndarray, float]:
    """Draw log-normal answer times of shards, with hedged requests if wanted.

    Parameters
    ----------
    trials, shards : int
        Queries, and shards that each of them asks.
    median_ms, spread : float
        Median in milliseconds, and standard deviation of the natural logarithm.
    common : float
        Share of the logarithm's variance that belongs to the query and is the same on all shards
        and replicas: 0 for independent shards, 1 for queries that are slow everywhere.
    hedge_after : float, optional
        Quantile (such as 0.95) of one shard's time after which the request is sent to a replica
        too; the first answer counts.
    seed : int
        Seed of the draws.

    Returns
    -------
    times : ndarray (trials, shards)
        Milliseconds until each shard has answered.
    extra : float
        Requests sent twice, as a share of all.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    at_least(1, trials=trials, shards=shards)
    above_zero(median_ms=median_ms)
    if not spread >= 0:
        raise ValueError(f"spread must be 0 or more, not {spread}.")
    if not 0 <= common <= 1:
        raise ValueError(f"common must be a share between 0 and 1, not {common}.")
    if hedge_after is not None and not 0 < hedge_after < 1:
        raise ValueError(f"hedge_after must be a quantile between 0 and 1, not {hedge_after}.")
    rng = np.random.default_rng(seed)
    of_query = math.sqrt(common) * rng.standard_normal((trials, 1))

    def draw() -> np.ndarray:
        own = math.sqrt(1 - common) * rng.standard_normal((trials, shards))
        return median_ms * np.exp(spread * (of_query + own))

    times = draw()
    if hedge_after is None:
        return times, 0.0
    delay = median_ms * math.exp(spread * NormalDist().inv_cdf(hedge_after))
    extra = float((times > delay).mean())
    return np.minimum(times, delay + draw()), extra
