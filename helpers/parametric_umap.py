"""Parametric UMAP: a small network that learns to put points onto a map, and then stays as it is.

The network is trained on UMAP's own loss. Edges of the neighbour graph are drawn in proportion to
their weights; the two ends of an edge should come close on the map, other points should not.
After the training a new point costs one pass through the network.

References
----------
Sainburg, McInnes & Gentner (2021), "Parametric UMAP Embeddings for Representation and
Semisupervised Learning".
"""

import contextlib
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from helpers.models.torch_models import torch_threads
from helpers.progress import Progress
from helpers.seeding import seeded_weights

__all__ = ["FrozenMap", "train_parametric"]

_TINY = 1e-4  # added to squared distances: log 0 has no gradient


class FrozenMap(NamedTuple):
    """A trained network, frozen: points in, places on the map out.

    Attributes
    ----------
    mean : ndarray (d,)
        Subtracted from a point first.
    scale : float
        A centred point is divided by it.
    weights : tuple of ndarray (inputs, outputs)
        One matrix a layer, 32 bits.
    biases : tuple of ndarray (outputs,)
        Every layer but the last is followed by max(0, x).
    losses : ndarray (steps,)
        Of the training, one a step.
    """

    mean: np.ndarray
    scale: float
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    losses: np.ndarray

    @property
    def multiplications(self) -> int:
        """Multiplications for one point: the entries of the weight matrices."""
        return sum(matrix.size for matrix in self.weights)

    def __call__(self, points) -> np.ndarray:
        """Put points (n, d) onto the map.

        Returns
        -------
        ndarray (n, 2), float32

        Raises
        ------
        ValueError
            If `points` is no matrix of d columns.
        """
        points = np.asarray(points, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != len(self.mean):
            raise ValueError(
                f"the map takes points (n, {len(self.mean)}), not {points.shape}: "
                "give points of the kind that it was trained on."
            )
        places = ((points - self.mean) / self.scale).astype(np.float32)
        for number, (matrix, bias) in enumerate(zip(self.weights, self.biases, strict=True), 1):
            places = places @ matrix + bias
            if number < len(self.weights):
                places = np.maximum(places, 0)
        return places


def train_parametric(
    points, graph, *, a: float = 1.577, b: float = 0.895, hidden: tuple[int, ...] = (128, 128),
    steps: int = 2_000, batch: int = 256, negatives: int = 5, rate: float = 2e-3, seed: int = 0,
    label: str | None = "Training the map",
) -> FrozenMap:  # fmt: skip
    """Train a network on the edges of a neighbour graph.

    For an edge drawn in proportion to its weight, with squared distance D of its ends on the map,
    the loss is ``log(1 + a D^b)``; for each of `negatives` other points, ends of edges of the same
    batch drawn at random, it is that minus ``log(a D^b)``. These are the two
    terms of UMAP's cross-entropy, sampled.

    Parameters
    ----------
    points : array_like (n, d)
        Training points.
    graph : sparse matrix (n, n)
        Symmetric memberships, such as ``graph_`` of a fitted UMAP.
    a, b : float
        Of the curve 1 / (1 + a D^b); the defaults belong to ``min_dist = 0.1``.
    hidden : tuple of int
        Widths of the hidden layers.
    steps, batch : int
        Steps of Adam, and edges in each.
    negatives : int
        Points pushed away from one end of each edge.
    rate : float
        First learning rate; it falls to 0 along a cosine.
    seed : int
        Of the network's start, the edges and the random points.
    label : str or None
        Of the progress line; None for none.

    Returns
    -------
    FrozenMap

    Raises
    ------
    ValueError
        If the graph does not fit the points, or has no edges.
    """
    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2 or graph.shape != (len(points), len(points)):
        raise ValueError(
            f"the graph {graph.shape} must have a row and a column for each of the points "
            f"{points.shape}."
        )
    edges = graph.tocoo()
    keep = (edges.data > 0) & (edges.row != edges.col)
    if not keep.any():
        raise ValueError("the graph has no edges: give memberships of neighbours.")
    heads, tails = edges.row[keep].astype(np.int64), edges.col[keep].astype(np.int64)
    chance = np.cumsum(edges.data[keep], dtype=np.float64)
    chance /= chance[-1]
    mean = points.mean(axis=0)
    scale = float(points.std(axis=0).mean()) or 1.0
    generator = np.random.default_rng(seed)
    losses = np.empty(steps)
    with (
        torch_threads(1),
        Progress(steps, "steps", label) if label else contextlib.nullcontext() as progress,
    ):
        table = torch.from_numpy(((points - mean) / scale).astype(np.float32))
        widths = (points.shape[1], *hidden, 2)
        with seeded_weights(seed):
            layers = [nn.Linear(i, o) for i, o in zip(widths[:-1], widths[1:], strict=True)]
        optimiser = torch.optim.Adam([p for layer in layers for p in layer.parameters()], lr=rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        for step in range(steps):
            drawn = np.searchsorted(chance, generator.random(batch), side="right")
            rows = torch.from_numpy(np.concatenate([heads[drawn], tails[drawn]]))
            places = _forward(layers, table[rows])
            others = torch.from_numpy(generator.integers(0, 2 * batch, (negatives, batch)))
            loss = _loss(places[:batch], places[batch:], places[others], a, b)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses[step] = loss.item()
            if progress:
                progress.update(1, loss=losses[step])
    weights = tuple(layer.weight.detach().numpy().T.copy() for layer in layers)
    biases = tuple(layer.bias.detach().numpy().copy() for layer in layers)
    return FrozenMap(mean, scale, weights, biases, losses)


def _forward(layers, points: torch.Tensor) -> torch.Tensor:
    for layer in layers[:-1]:
        points = F.relu(layer(points))
    return layers[-1](points)


def _loss(heads, tails, others, a: float, b: float) -> torch.Tensor:
    def log_far(left, right):  # log(a D^b), which is log((1 - q) / q)
        return b * torch.log(((left - right) ** 2).sum(dim=-1) + _TINY) + float(np.log(a))

    pull = F.softplus(log_far(heads, tails))
    push = F.softplus(-log_far(heads, others))
    return pull.mean() + push.sum(dim=0).mean()
