"""Maps for people: the words and layouts of lesson 08, part 5, and names for clusters of texts.

The layouts are stored; ``python -m benchmarks.explorable_map`` computes them.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from helpers import data
from helpers.stored import read_stored
from helpers.stored_layouts import unpack

__all__ = [
    "FORMAT",
    "STORED",
    "ExplorableMap",
    "Words",
    "frequent_words",
    "load_explorable_map",
    "name_by_centre",
    "name_by_texts",
    "two_draws",
]

STORED = Path(__file__).parent.parent / "data" / "explorable_map.json"
FORMAT = 1
_SKIPPED = 150  # the most frequent words are "the", "of", "which"


class Words(NamedTuple):
    """Frequent words and their vectors.

    Attributes
    ----------
    words : list of str
        n words, the most frequent first.
    vectors : ndarray (n, 50), float64
        GloVe's, brought to length 1.
    """

    words: list[str]
    vectors: np.ndarray


class ExplorableMap(NamedTuple):
    """What the script stored.

    Attributes
    ----------
    layouts : dict of str to ndarray (n, p)
        By names such as ``"words UMAP-2"``.
    clusters : dict of str to ndarray (n,) of int
        ``"words"`` and ``"posts"``: clusters of the full vectors by k-means; ``"posts HDBSCAN"``:
        by HDBSCAN, -1 for noise.
    """

    layouts: dict[str, np.ndarray]
    clusters: dict[str, np.ndarray]


def frequent_words(count: int = 3_000) -> Words:
    """Return frequent words of GloVe's vocabulary: letters only, three or more.

    Parameters
    ----------
    count : int
        How many; the 150 most frequent entries, mostly function words, are passed over.

    Returns
    -------
    Words

    Raises
    ------
    ValueError
        If the vocabulary has fewer.
    """
    words, vectors = data.pretrained_glove()
    rows = [
        row
        for row in range(_SKIPPED, min(len(words), _SKIPPED + 3 * max(count, 0)))
        if len(words[row]) >= 3 and words[row].isascii() and words[row].isalpha()
    ][: max(count, 0)]
    if not 1 <= count == len(rows):
        raise ValueError(f"count must be from 1 to what the vocabulary holds, not {count}.")
    kept = np.asarray(vectors[rows], dtype=np.float64)
    return Words([words[row] for row in rows], kept / np.linalg.norm(kept, axis=1, keepdims=True))


def two_draws(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw two sets of rows that share half of each: two months of the same source.

    Parameters
    ----------
    n : int
        Rows to draw from, 3 or more.
    seed : int

    Returns
    -------
    first, second : ndarray of int
        2 n // 3 rows each, the shared ones in front and in the same order.
    """
    order = np.random.default_rng(seed).permutation(n)
    third = n // 3
    shared, one, other = order[:third], order[third : 2 * third], order[2 * third : 3 * third]
    return np.concatenate([shared, one]), np.concatenate([shared, other])


def load_explorable_map(path: Path = STORED) -> ExplorableMap:
    """Read the stored layouts and clusters.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    ExplorableMap

    Raises
    ------
    ValueError
        If the file is missing or damaged.
    """
    again = "run `python -m benchmarks.explorable_map` to make it again"
    raw = read_stored(path, FORMAT, {"layouts", "clusters"}, again)
    return ExplorableMap(
        {name: unpack(packed) for name, packed in raw["layouts"].items()},
        {name: np.array(rows) for name, rows in raw["clusters"].items()},
    )


def name_by_centre(words: Sequence[str], vectors, clusters, count: int = 2) -> list[str]:
    """Name each cluster of words by those nearest to its mean.

    Parameters
    ----------
    words : sequence of str
        n words.
    vectors : array_like (n, d)
    clusters : array_like (n,) of int
        0 to c - 1, none empty.
    count : int
        Words in a name.

    Returns
    -------
    list of str
        c names, such as ``"goals, scored"``.

    Raises
    ------
    ValueError
        If the lengths differ or a cluster is empty.
    """
    vectors, clusters = np.asarray(vectors, dtype=np.float64), _checked(clusters, len(words))
    if len(vectors) != len(words):
        raise ValueError(f"there are {len(words)} words and {len(vectors)} vectors.")
    names = []
    for cluster in range(clusters.max() + 1):
        rows = np.flatnonzero(clusters == cluster)
        gaps = np.linalg.norm(vectors[rows] - vectors[rows].mean(axis=0), axis=1)
        nearest = rows[np.argsort(gaps, kind="stable")[:count]]
        names.append(", ".join(words[row] for row in nearest))
    return names


def name_by_texts(texts: Sequence[str], clusters, count: int = 2) -> list[str]:
    """Name each cluster of texts by words that are in many of its texts and in few others.

    A word of four letters or more that is in a of the cluster's m texts and in b of the n - m
    others scores ``a / m * log((a + 1) / (m + 2) * (n - m + 2) / (b + 1))``: how common, times how
    telling.

    Parameters
    ----------
    texts : sequence of str
        n texts in lower case.
    clusters : array_like (n,) of int
        0 to c - 1, none empty.
    count : int
        Words in a name.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If the lengths differ or a cluster is empty.
    """
    clusters = _checked(clusters, len(texts))
    sets = [{w for w in text.split() if len(w) >= 4 and w.isalpha()} for text in texts]
    everywhere = Counter(word for words in sets for word in words)
    n, names = len(texts), []
    for cluster in range(clusters.max() + 1):
        rows = np.flatnonzero(clusters == cluster)
        here = Counter(word for row in rows for word in sets[row])
        m = len(rows)

        def score(word, here=here, m=m):
            a, b = here[word], everywhere[word] - here[word]
            return a / m * np.log((a + 1) / (m + 2) * (n - m + 2) / (b + 1))

        best = sorted(here, key=lambda word: (-score(word), word))[:count]
        names.append(", ".join(best))
    return names


def _checked(clusters, n):
    clusters = np.asarray(clusters)
    if clusters.shape != (n,):
        raise ValueError(f"there are {n} things and clusters of the shape {clusters.shape}.")
    if n == 0 or clusters.min() < 0 or len(np.unique(clusters)) != clusters.max() + 1:
        raise ValueError("clusters must be numbered from 0, and none may be empty.")
    return clusters
