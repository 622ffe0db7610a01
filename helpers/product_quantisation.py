"""Product quantisation: a vector as a few bytes, and distances read from a table.

A vector of d numbers is cut into m pieces of d / m. Each piece is replaced by the number of the
nearest of K centroids (256 fit into a byte), so a code has m bytes.

References
----------
Jégou, Douze & Schmid (2011), "Product Quantization for Nearest Neighbor Search": the codes, and
the symmetric and the asymmetric distance (their section III).
"""

from typing import NamedTuple

import numpy as np

__all__ = ["ProductQuantiser", "fit_product_quantiser", "lloyd", "nearest_centroid"]

_BLOCK = 4_000  # rows whose distances to all centroids are in memory at a time


class ProductQuantiser(NamedTuple):
    """Codebooks, from :func:`fit_product_quantiser`.

    Attributes
    ----------
    codebooks : ndarray (m, K, d / m), float32
        K centroids for each piece.
    """

    codebooks: np.ndarray

    @property
    def dim(self) -> int:
        """Numbers of a vector, d."""
        return self.codebooks.shape[0] * self.codebooks.shape[2]

    @property
    def nbytes(self) -> int:
        """Bytes of the codebooks, 4 K d: they are stored once, whatever the number of vectors."""
        return self.codebooks.nbytes

    def encode(self, vectors) -> np.ndarray:
        """Replace each piece of (n, d) vectors by a centroid's number.

        Returns
        -------
        ndarray (n, m), uint8
            Of equally near centroids the first.

        Raises
        ------
        ValueError
            If the width is not d.
        """
        pieces = self._pieces(vectors)
        columns = [nearest_centroid(piece, book) for piece, book in self._zip(pieces)]
        return np.stack(columns, axis=1).astype(np.uint8)

    def decode(self, codes) -> np.ndarray:
        """Put the centroids of (n, m) codes together again, (n, d), float32."""
        codes = np.asarray(codes)
        books = enumerate(self.codebooks)
        return np.concatenate([book[codes[:, piece]] for piece, book in books], axis=1)

    def table(self, query) -> np.ndarray:
        """Return the squared distances of the pieces of a query (d,) to all centroids, (m, K)."""
        pieces = self._pieces(np.asarray(query)[None])
        return np.stack([((book - piece) ** 2).sum(axis=1) for piece, book in self._zip(pieces)])

    def distances(self, query, codes) -> np.ndarray:
        """Return the squared distances of one exact query (d,) to coded vectors (n, m).

        The query is not coded, hence *asymmetric*. One table of m x K numbers is made, then each
        vector costs m look-ups and m - 1 additions, and m bytes are read.

        Returns
        -------
        ndarray (n,)
        """
        table = self.table(query)
        return table[np.arange(len(table)), np.asarray(codes)].sum(axis=1)

    def _pieces(self, vectors) -> list[np.ndarray]:
        vectors = np.asarray(vectors, dtype=np.float32)
        if vectors.ndim != 2 or vectors.shape[1] != self.dim:
            raise ValueError(f"vectors must have the shape (n, {self.dim}), not {vectors.shape}.")
        return np.split(vectors, len(self.codebooks), axis=1)

    def _zip(self, pieces):
        return zip(pieces, self.codebooks, strict=True)


def fit_product_quantiser(
    vectors,
    m: int,
    *,
    codewords: int = 256,
    iterations: int = 8,
    sample: int = 4_000,
    seed: int = 0,
) -> ProductQuantiser:
    """Find the centroids of each piece by k-means.

    Parameters
    ----------
    vectors : array_like (n, d)
        What is to be coded, or what is like it.
    m : int
        Pieces; d must be a multiple of it.
    codewords : int
        K, centroids of a piece, 1 to 256 and at most n.
    iterations : int
        Steps of Lloyd's algorithm.
    sample : int
        Rows to learn from, drawn at random if there are more; at least K.
    seed : int
        Of the draw and of the starting centroids.

    Returns
    -------
    ProductQuantiser

    Raises
    ------
    ValueError
        If a setting does not fit.
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    if vectors.ndim != 2 or not vectors.size:
        raise ValueError(f"vectors must have the shape (n, d), not {vectors.shape}.")
    n, d = vectors.shape
    if m < 1 or d % m:
        raise ValueError(f"m must divide the {d} numbers of a vector; {m} does not.")
    if not 1 <= codewords <= min(256, n, sample) or iterations < 1:
        raise ValueError(
            f"codewords must be 1 to {min(256, n, sample)} and iterations at least 1, not "
            f"{codewords} and {iterations}."
        )
    generator = np.random.default_rng(seed)
    rows = generator.permutation(n)[:sample]
    starts = rows[:codewords]
    books = [
        lloyd(piece[rows], piece[starts], iterations) for piece in np.split(vectors, m, axis=1)
    ]
    return ProductQuantiser(np.stack(books))


def lloyd(points, centroids, iterations: int) -> np.ndarray:
    """Improve centroids: give each point to the nearest, move each to the mean of its points.

    Parameters
    ----------
    points : array_like (n, d)
    centroids : array_like (K, d)
        Where to start; one that no point is nearest to stays where it is.
    iterations : int

    Returns
    -------
    ndarray (K, d), float32
    """
    points, centroids = (np.array(a, dtype=np.float32) for a in (points, centroids))
    for _ in range(iterations):
        chosen = nearest_centroid(points, centroids)
        counts = np.bincount(chosen, minlength=len(centroids))
        for column in range(points.shape[1]):
            sums = np.bincount(chosen, points[:, column], len(centroids))
            centroids[counts > 0, column] = (sums / np.maximum(counts, 1))[counts > 0]
    return centroids


def nearest_centroid(points, centroids) -> np.ndarray:
    """Return the number of the centroid (K, d) that is nearest to each point (n, d): (n,)."""
    centroids = np.asarray(centroids, dtype=np.float32)
    # The point's own squared length is the same for all centroids and left out.
    half = (centroids**2).sum(axis=1) / 2
    return np.concatenate(
        [
            (half - points[start : start + _BLOCK] @ centroids.T).argmin(axis=1)
            for start in range(0, len(points), _BLOCK)
        ]
        or [np.empty(0, dtype=np.int64)]
    )
