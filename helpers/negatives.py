"""Negatives: how hard they push, how many are false, and the stored runs of lesson 04, part 3.

The stored figures are made by ``python -m benchmarks.contrastive_negatives``.

References
----------
Chuang et al. (2020), "Debiased Contrastive Learning" (negatives of the anchor's own class).
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.stored import read_stored
from helpers.vision import embed

__all__ = [
    "false_share",
    "load_negative_runs",
    "nt_xent_in_groups",
    "outputs_kept",
    "push_by_choice",
    "push_in_batches",
    "push_shares",
]

STORED = Path(__file__).parent.parent / "data" / "contrastive_negatives.json"


def push_shares(z1, z2, temperature: float) -> np.ndarray:
    """Tell how hard NT-Xent pushes each view of the first side away from each negative.

    The derivative of the loss of an anchor by the similarity of a negative is its softmax
    probability, divided by the temperature. This is that probability.

    Parameters
    ----------
    z1, z2 : array_like (n, d)
        Two views of each picture.
    temperature : float

    Returns
    -------
    ndarray (n, 2n)
        Row i belongs to view i of `z1`, the columns to `z1` and then `z2`; 0 for the view itself
        and for its twin. A row's sum is the push on all negatives, which equals the pull on the
        positive: 1 minus the probability of the twin.
    """
    views = np.concatenate([np.asarray(z1, dtype=np.float64), np.asarray(z2, dtype=np.float64)])
    views /= np.linalg.norm(views, axis=1, keepdims=True)
    n = len(views) // 2
    scores = views[:n] @ views.T / temperature
    rows = np.arange(n)
    scores[rows, rows] = -np.inf
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    shares[rows, rows + n] = 0
    return shares


def false_share(shares: np.ndarray, labels) -> tuple[float, float]:
    """Measure how many negatives are of the anchor's class, and how much of the push they get.

    Parameters
    ----------
    shares : ndarray (n, 2n)
        From :func:`push_shares`.
    labels : array_like (n,)

    Returns
    -------
    by_number, by_push : float
        Shares of the negatives, and of the sum of pushes.
    """
    labels = np.asarray(labels)
    n = len(labels)
    same = np.tile(labels[:, None] == labels, 2)
    negative = np.tile(~np.eye(n, dtype=bool), 2)
    by_number = (same & negative).sum() / negative.sum()
    return float(by_number), float(shares[same].sum() / shares.sum())


def push_in_batches(one, two, labels, size: int, temperature: float, rng) -> np.ndarray:
    """Cut pictures into random batches and compare their pushes with those of all negatives.

    Parameters
    ----------
    one, two : ndarray (n, d)
        Unit vectors of two views of each picture.
    labels : ndarray (n,)
    size : int
        Pictures in a batch; what is left over is not used.
    temperature : float
    rng : numpy.random.Generator

    Returns
    -------
    ndarray (3,)
        Means over the batches: the push on all negatives of a view; the cosine between its
        direction (the negatives, weighted with their pushes) and that of all 2n - 2 negatives;
        the share of the push that falls on negatives of the view's own class.
    """
    every = push_shares(one, two, temperature) @ np.concatenate([one, two])
    found = []
    for _ in range(max(1, len(one) // size)):
        batch = rng.permutation(len(one))[:size]
        shares = push_shares(one[batch], two[batch], temperature)
        push = shares @ np.concatenate([one[batch], two[batch]])
        lengths = np.linalg.norm(push, axis=1) * np.linalg.norm(every[batch], axis=1)
        agreement = (push * every[batch]).sum(axis=1) / lengths
        misled = false_share(shares, labels[batch])[1]
        found.append([shares.sum(axis=1).mean(), agreement.mean(), misled])
    return np.mean(found, axis=0)


def push_by_choice(one, two, labels, count: int, temperature: float, rng) -> dict:
    """Measure the push on `count` random, on the `count` hardest, and on all negatives.

    Parameters
    ----------
    one, two, labels, temperature, rng
        As for :func:`push_in_batches`.
    count : int
        At most 2n - 2.

    Returns
    -------
    dict of str to (float, float)
        Mean push, and the share of the chosen negatives that are of the view's own class.
    """
    n = len(one)
    scores = one @ np.concatenate([one, two]).T / temperature
    right = np.exp(np.diagonal(scores[:, n:]))
    others = np.tile(~np.eye(n, dtype=bool), 2)
    wrong = np.exp(scores[others]).reshape(n, -1)
    same = np.tile(labels[:, None] == labels, 2)[others].reshape(n, -1)
    total = wrong.shape[1]
    picks = {
        f"{count} random": rng.integers(0, total, (n, count)),
        f"{count} hardest": np.argpartition(-wrong, count - 1, axis=1)[:, :count],
        f"all {total:,}": np.arange(total)[None],
    }
    found = {}
    for name, columns in picks.items():
        chosen = np.take_along_axis(wrong, columns, axis=1).sum(axis=1)
        false = np.take_along_axis(same, columns, axis=1).mean()
        found[name] = float((chosen / (chosen + right)).mean()), float(false)
    return found


def outputs_kept(network: nn.Module, images) -> int:
    """Count the numbers that the layers of a network put out, which backpropagation needs again.

    Parameters
    ----------
    network : Module
    images : array_like
        As for :func:`helpers.vision.embed`.

    Returns
    -------
    int
        Of all layers without parts of their own; layers that only reshape do not count.
    """
    kept = []
    layers = [
        layer
        for layer in network.modules()
        if not list(layer.children()) and not isinstance(layer, nn.Flatten)
    ]
    hooks = [
        layer.register_forward_hook(lambda layer, given, out: kept.append(out.numel()))
        for layer in layers
    ]
    try:
        embed(network, images)
    finally:
        for hook in hooks:
            hook.remove()
    return sum(kept)


def nt_xent_in_groups(
    z1: Tensor, z2: Tensor, group: int, temperature: float, labels: Tensor | None = None
) -> Tensor:
    """NT-Xent whose negatives come from small groups of the batch, or leave out a label.

    Parameters
    ----------
    z1, z2 : Tensor (n, d)
        Two views of each picture; the first `group` rows are one group, and so on.
    group : int
        Divides n. With n itself, and no labels, this is NT-Xent.
    temperature : float
    labels : Tensor (n,), optional
        If given, negatives that have the anchor's label are left out: what an oracle would do.

    Returns
    -------
    Tensor ()
        Mean over the 2n views.

    Raises
    ------
    ValueError
        If `group` does not divide n.
    """
    n, d = z1.shape
    if group < 1 or n % group:
        raise ValueError(f"groups of {group} do not divide a batch of {n} pictures.")
    z = torch.cat([z.view(n // group, group, d) for z in (z1, z2)], dim=1)
    z = F.normalize(z, dim=2)  # (groups, 2 group, d)
    places = torch.arange(2 * group)
    twins = places.roll(group)
    out = torch.eye(2 * group, dtype=torch.bool).repeat(n // group, 1, 1)
    if labels is not None:
        labels = labels.view(n // group, group).repeat(1, 2)
        out |= labels[:, :, None] == labels[:, None]
        out[:, places, twins] = False
    scores = (z @ z.mT / temperature).masked_fill(out, -torch.inf)
    return F.cross_entropy(scores.flatten(0, 1), twins.repeat(n // group))


def load_negative_runs() -> dict:
    """Read the stored trainings.

    Raises
    ------
    ValueError
        If the file is missing or damaged.
    """
    again = "restore it from the repository, or run `python -m benchmarks.contrastive_negatives`"
    return read_stored(STORED, 1, {"settings", "runs"}, again)
