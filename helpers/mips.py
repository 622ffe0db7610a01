"""Maximum inner product search as a nearest-neighbour search, and what a graph makes of it.

References
----------
Bachrach et al. (2014), "Speeding Up the Xbox Recommender System Using a Euclidean Transformation
for Inner-Product Spaces". Neyshabur & Srebro (2015), "On Symmetric and Asymmetric LSHs for Inner
Product Search".
"""

import faiss
import numpy as np

__all__ = ["augment", "in_links", "spread_norms"]


def augment(items, queries) -> tuple[np.ndarray, np.ndarray]:
    """Put items and queries on one unit sphere on which nearer means a larger inner product.

    With L the length of the longest item, an item x becomes (x / L, sqrt(1 - |x|^2 / L^2)) and a
    query q becomes (q / |q|, 0). Their squared distance is 2 - 2 q.x / (|q| L), so Euclid, cosine
    and inner product rank the new items alike, as the inner product ranked the old ones.

    Parameters
    ----------
    items : array_like (n, d)
        n at least 1.
    queries : array_like (m, d)

    Returns
    -------
    new_items : ndarray (n, d + 1), float64
        Rows of length 1.
    new_queries : ndarray (m, d + 1), float64
        Rows of length 1; a query of zeros stays zero.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    items, queries = np.asarray(items, dtype=float), np.asarray(queries, dtype=float)
    if items.ndim != 2 or queries.ndim != 2 or items.shape[1] != queries.shape[1] or not len(items):
        raise ValueError(
            f"items and queries must be (n, d) and (m, d) with n at least 1, not {items.shape} "
            f"and {queries.shape}."
        )
    longest = np.linalg.norm(items, axis=1).max()
    items = items / (longest or 1.0)
    # Rounding may make the longest a little longer than 1.
    rest = np.sqrt(np.maximum(1 - (items**2).sum(axis=1), 0))
    lengths = np.linalg.norm(queries, axis=1, keepdims=True)
    queries = queries / np.where(lengths == 0, 1, lengths)
    return np.column_stack([items, rest]), np.column_stack([queries, np.zeros(len(queries))])


def in_links(index: faiss.IndexHNSWFlat) -> np.ndarray:
    """Count how many other items link to each item on the ground level of a graph.

    Parameters
    ----------
    index : faiss.IndexHNSWFlat
        From :func:`helpers.hnsw_measures.build_hnsw`, for example.

    Returns
    -------
    ndarray (n,), int64
    """
    graph = index.hnsw
    links = faiss.vector_to_array(graph.neighbors)
    starts = faiss.vector_to_array(graph.offsets)[:-1].astype(np.int64)
    ground = int(faiss.vector_to_array(graph.cum_nneighbor_per_level)[1])
    linked = links[starts[:, None] + np.arange(ground)]
    return np.bincount(linked[linked >= 0], minlength=index.ntotal)


def spread_norms(unit, spread: float, seed: int = 0) -> np.ndarray:
    """Give each row a length that has nothing to do with its direction.

    Parameters
    ----------
    unit : array_like (n, d)
        Rows of length 1.
    spread : float
        Standard deviation of the logarithm of the lengths; 0 leaves the rows alone.
    seed : int

    Returns
    -------
    ndarray (n, d), float32
    """
    if spread < 0:
        raise ValueError(f"spread must not be negative, not {spread}.")
    unit = np.asarray(unit, dtype=np.float32)
    lengths = np.exp(spread * np.random.default_rng(seed).normal(size=(len(unit), 1)))
    return (unit * lengths).astype(np.float32)
