"""Groups of near neighbours: hard negatives for SimCLR, mined with an index.

References
----------
Robinson et al. (2021), "Contrastive Learning with Hard Negative Samples". Schroff, Kalenichenko &
Philbin (2015), "FaceNet" (negatives that are hard, but not the hardest).
"""

import copy

import faiss
import numpy as np
import torch
from torch import nn

from helpers.augmentations import Augmentations
from helpers.image_training import Run, fit
from helpers.negatives import nt_xent_in_groups
from helpers.vision import pixels

__all__ = ["cosines_to_others", "nearest", "pick_neighbours", "train_on_groups"]


def cosines_to_others(vectors: np.ndarray, labels: np.ndarray, queries: int):
    """Compare the first rows with all others.

    Parameters
    ----------
    vectors : ndarray (n, d)
    labels : ndarray (n,)
    queries : int
        How many of the first rows.

    Returns
    -------
    cosines, same : ndarray (queries, n - 1)
        The cosine to each other row, and whether it has the query's label.
    """
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    others = np.arange(len(unit)) != np.arange(queries)[:, None]
    same = labels[:queries, None] == labels
    return tuple(table[others].reshape(queries, -1) for table in (unit[:queries] @ unit.T, same))


def nearest(vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the k nearest other rows of each row, by cosine, with an exact index.

    Parameters
    ----------
    vectors : ndarray (n, d)
    k : int
        Less than n.

    Returns
    -------
    cosines : ndarray (n, k), float32
        Highest first.
    rows : ndarray (n, k), int64

    Raises
    ------
    ValueError
        If there are not more than k rows.
    """
    vectors = np.array(vectors, dtype=np.float32, order="C")
    if not 0 < k < len(vectors):
        raise ValueError(f"k must be 1 to {len(vectors) - 1}, the number of other rows: {k}.")
    faiss.normalize_L2(vectors)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        cosines, rows = index.search(vectors, k + 1)
    finally:
        faiss.omp_set_num_threads(threads)
    own = rows == np.arange(len(rows))[:, None]
    own[~own.any(axis=1), -1] = True  # Among many equal rows, it need not find itself.
    return cosines[~own].reshape(-1, k), rows[~own].reshape(-1, k)


def pick_neighbours(
    cosines: np.ndarray, rows: np.ndarray, k: int, below=np.inf, allowed=None
) -> np.ndarray:
    """Choose for each row its k nearest neighbours that count as negatives.

    Parameters
    ----------
    cosines, rows : ndarray (n, m)
        From :func:`nearest`.
    k : int
    below : float
        Only neighbours with a cosine less than this count.
    allowed : ndarray (n, m) of bool, optional
        Which neighbours may be taken; all by default.

    Returns
    -------
    ndarray (n, k), int64
        Where fewer than k are left, the last ones of the m are used.
    """
    usable = cosines < below
    if allowed is not None:
        usable &= allowed
    # Usable ones first, both kinds in their order; of the others the farthest.
    m = usable.shape[1]
    places = np.arange(m, dtype=np.int32)
    order = np.where(usable, places, 2 * m - places)
    chosen = np.sort(np.partition(order, k - 1, axis=1)[:, :k], axis=1)
    return np.take_along_axis(rows, np.where(chosen < m, chosen, 2 * m - chosen), axis=1)


def train_on_groups(
    start: Run,
    images,
    neighbours: np.ndarray | None,
    *,
    labels: np.ndarray | None = None,
    group: int = 8,
    batch_size: int = 64,
    epochs: float = 2,
    temperature: float = 0.2,
    lr: float = 1e-3,
    augment: Augmentations = Augmentations(),  # noqa: B008
    seed: int = 1,
    **settings,
) -> Run:
    """Go on training a copy of a SimCLR run, with negatives from small groups of pictures only.

    All pictures of a batch pass the network together. But the batch is cut into groups, and a
    view's negatives are the other pictures of its group: ``2 group - 2`` of them.

    Parameters
    ----------
    start : Run
        Is not changed.
    images : ndarray (n, h, w), uint8
    neighbours : ndarray (n, k) or None
        A group is a picture drawn at random and its first ``group - 1`` neighbours. Without them,
        all pictures are drawn at random.
    labels : ndarray (n,), optional
        If given, negatives with the label of the anchor are left out of the loss.
    group, batch_size : int
        Pictures of a group and of a batch.
    epochs : float
        Times that as many pictures are shown as there are.
    temperature, lr, augment, seed, **settings
        As for :func:`helpers.self_supervised.train_simclr`.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If `batch_size` is no multiple of `group`, or settings make no sense.
    """
    if group < 2 or batch_size % group:
        raise ValueError(f"batch_size {batch_size} must be a multiple of group {group}, 2 or more.")
    encoder, head = copy.deepcopy(start.encoder), copy.deepcopy(start.head)
    network = nn.Sequential(encoder, head)
    pictures = pixels(images)
    mined = 1 if neighbours is None else group

    def loss_of(batch, rows, generator):
        if neighbours is not None:
            near = torch.from_numpy(neighbours[rows.numpy(), : group - 1])
            rows = torch.cat([rows[:, None], near], dim=1).flatten()
            batch = pictures[rows]
        z1, z2 = network(torch.cat([augment(batch, generator), augment(batch, generator)])).chunk(2)
        classes = None if labels is None else torch.from_numpy(labels)[rows]
        return nt_xent_in_groups(z1, z2, group, temperature, classes), (z1, z2)

    return fit(
        Run(encoder, head, {}), images, loss_of, network, seed, lr=lr,
        batch_size=batch_size // mined, epochs=epochs / mined,
        **{"label": "SimCLR, in groups", **settings},
    )  # fmt: skip
