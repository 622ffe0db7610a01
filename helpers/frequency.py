"""What the length and the direction of word vectors have to do with how often the words stand.

References
----------
Schakel & Wilson (2015), "Measuring Word Significance using Distributed Representations of Words"
(length and frequency). Mu & Viswanath (2018), "All-but-the-Top" (frequency in the directions).
"""

import numpy as np
from scipy.stats import rankdata, spearmanr

from helpers.anisotropy import unit_rows

__all__ = [
    "length_correlation",
    "linear_r2",
    "neighbour_agreement",
    "place_shares",
    "scaled_cloud",
    "similarity_interval",
    "top_rows",
]


def length_correlation(vectors, values) -> float:
    """Spearman's correlation of the vectors' lengths with a value of each.

    Parameters
    ----------
    vectors : array_like (n, d)
    values : array_like (n,)
        Such as the logarithm of a count.

    Returns
    -------
    float
    """
    return float(spearmanr(np.linalg.norm(vectors, axis=1), values).statistic)


def top_rows(queries, items, k: int, own=None) -> np.ndarray:
    """Rank items by dot product.

    Parameters
    ----------
    queries, items : ndarray (m, d), (n, d)
        Divide the rows by their lengths first for cosines.
    k : int
        How many.
    own : array_like of int (m,), optional
        Row of the item that is the query itself and never counts.

    Returns
    -------
    ndarray of int (m, k)
        Rows of items, the largest product first.

    Raises
    ------
    ValueError
        If there are not k items to choose from.
    """
    others = len(items) - (own is not None)
    if not 1 <= k <= others:
        raise ValueError(f"k must be 1 to the {others} items to choose from, not {k}.")
    scores = np.asarray(queries, np.float32) @ np.asarray(items, np.float32).T
    if own is not None:
        scores[np.arange(len(scores)), own] = -np.inf
    np.negative(scores, out=scores)
    top = np.argpartition(scores, k - 1, axis=1)[:, :k]
    order = np.argsort(np.take_along_axis(scores, top, 1), axis=1, kind="stable")
    return np.take_along_axis(top, order, 1)


def place_shares(found, bands) -> np.ndarray:
    """Share of the places in result lists that each band of items takes.

    Parameters
    ----------
    found : array_like of int
        Rows of items in any shape, from :func:`top_rows`.
    bands : array_like of int (n,)
        Band of each item, from 0.

    Returns
    -------
    ndarray (max(bands) + 1,)
        Adds up to 1; also for bands that were not found.
    """
    found, bands = np.asarray(found), np.asarray(bands)
    return np.bincount(bands[found].ravel(), minlength=bands.max() + 1) / found.size


def neighbour_agreement(values, own, neighbours) -> float:
    """Correlate a value of each query with the mean of its neighbours' values.

    Parameters
    ----------
    values : array_like (n,)
        Of all items, such as the logarithm of a count.
    own : array_like of int (m,)
        The queries' rows.
    neighbours : array_like of int (m, k)
        Rows of their neighbours, from :func:`top_rows`.

    Returns
    -------
    float
        Pearson's correlation.
    """
    values = np.asarray(values, dtype=float)
    return float(np.corrcoef(values[own], values[np.asarray(neighbours)].mean(axis=1))[0, 1])


def linear_r2(vectors, values, seed: int = 0) -> float:
    """Share of a value's variance that a linear model of the vectors explains on unseen vectors.

    Parameters
    ----------
    vectors : array_like (n, d)
        A random half trains, the other half tests.
    values : array_like (n,)
        What is to be read from the vectors.
    seed : int
        Of the choice of the halves.

    Returns
    -------
    float
        1 is perfect, 0 no better than the mean of the tested values; may be negative.
    """
    vectors, values = np.asarray(vectors, dtype=float), np.asarray(values, dtype=float)
    train, test = np.array_split(np.random.default_rng(seed).permutation(len(vectors)), 2)
    with_one = np.column_stack([vectors, np.ones(len(vectors))])
    weights, *_ = np.linalg.lstsq(with_one[train], values[train], rcond=1e-10)
    left = values[test] - with_one[test] @ weights
    return float(1 - left.var() / values[test].var() - left.mean() ** 2 / values[test].var())


def similarity_interval(before, after, texts, pairs, seed: int = 0, samples: int = 1000):
    """How much better does `after` agree with human judgements? A 95% interval, pairs resampled.

    Parameters
    ----------
    before, after : array_like (n, d)
        Two versions of the vectors of the same words.
    texts : sequence of str
        The words.
    pairs : iterable of (str, str, float)
        Two words and their judged similarity; pairs with other words are left out.
    seed, samples : int
        Of the bootstrap.

    Returns
    -------
    low, high : float
        Of Spearman's correlation of `after` less that of `before`.
    """
    row = {text: place for place, text in enumerate(texts)}
    known = [(row[a], row[b], score) for a, b, score in pairs if a in row and b in row]
    first, second = np.array([pair[:2] for pair in known]).T
    columns = [np.array([pair[2] for pair in known])]
    for vectors in (before, after):
        unit = unit_rows(vectors)
        columns.append(np.einsum("nd,nd->n", unit[first], unit[second]))
    drawn = np.random.default_rng(seed).integers(0, len(known), (samples, len(known)))
    judged, old, new = (_standard(rankdata(column[drawn], axis=1)) for column in columns)
    gains = (judged * (new - old)).mean(axis=1)
    low, high = np.quantile(gains, [0.025, 0.975])
    return float(low), float(high)


def scaled_cloud(
    strong: float = 1, mean: float = 0, n: int = 5000, d: int = 100, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw vectors whose size follows a hidden frequency, in a cloud that need not be round.

    A row is ``exp(f / 4) * z``, with f the standard normal log-frequency and z standard normal,
    except that three of its directions are stretched, and that a constant is added.

    Parameters
    ----------
    strong : float
        Factor of the first three directions; 1 leaves the cloud round.
    mean : float
        Length of the constant vector, along the last direction.
    n, d : int
        Rows and dimensions.
    seed : int

    Returns
    -------
    vectors : ndarray (n, d)
    frequency : ndarray (n,)
        The hidden f.
    """
    rng = np.random.default_rng(seed)
    frequency = rng.normal(size=n)
    vectors = rng.normal(size=(n, d)) * np.exp(frequency / 4)[:, None]
    vectors[:, :3] *= strong
    vectors[:, -1] += mean
    return vectors, frequency


def _standard(rows: np.ndarray) -> np.ndarray:
    moved = rows - rows.mean(axis=1, keepdims=True)
    return moved / moved.std(axis=1, keepdims=True)
