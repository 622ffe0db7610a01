"""Two towers that put users and items into one space, trained on clicks.

References
----------
Yi et al. (2019), "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations"
(in-batch softmax with the log-probability correction). Yang et al. (2020), "Mixed Negative
Sampling for Learning Two-tower Neural Networks in Recommendations".
"""

from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.click_world import ClickWorld
from helpers.models.torch_models import torch_threads
from helpers.progress import Progress
from helpers.seeding import seeded_weights

__all__ = ["Towers", "TwoTowers", "in_batch_loss", "train_two_towers"]

_NEGATIVES = ("in-batch", "uniform", "mixed", "all")
_LOSSES = ("softmax", "margin", "reversed")


class Towers(nn.Module):
    """A user tower and an item tower: features through two layers, plus a vector for each id.

    Parameters
    ----------
    world : ClickWorld
    dim : int
        Width of the common space.
    ids, features : bool
        What the towers see.

    Raises
    ------
    ValueError
        If they see nothing.
    """

    def __init__(self, world: ClickWorld, dim: int = 16, ids: bool = True, features: bool = True):
        super().__init__()
        if not (ids or features):
            raise ValueError("the towers need ids, features or both.")
        self.given = [torch.from_numpy(world.user_features), torch.from_numpy(world.item_features)]
        width = self.given[0].shape[1]
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, dim)) if features else None
            for _ in range(2)
        )
        self.ids = nn.ModuleList(
            nn.Embedding(n, dim) if ids else None for n in (world.n_users, world.n_items)
        )
        for table in self.ids if ids else ():
            nn.init.normal_(table.weight, std=0.05)

    def users(self, rows: Tensor) -> Tensor:
        """Encode users by number, (n, dim)."""
        return self._tower(0, rows)

    def items(self, rows: Tensor) -> Tensor:
        """Encode items by number, (n, dim)."""
        return self._tower(1, rows)

    def _tower(self, side: int, rows: Tensor) -> Tensor:
        layers, table = self.layers[side], self.ids[side]
        parts = [] if layers is None else [layers(self.given[side][rows])]
        if table is not None:
            parts.append(table(rows))
        return sum(parts)


def in_batch_loss(
    users: Tensor, items: Tensor, log_q: Tensor | None = None, ids: Tensor | None = None
) -> Tensor:
    """Softmax over the items of the batch, row i's own on the diagonal.

    Parameters
    ----------
    users : Tensor (b, d)
    items : Tensor (m, d)
        m >= b; those from b on belong to nobody.
    log_q : Tensor (m,), optional
        Log of the probability with which each item comes into a batch; it is taken off the scores
        (Yi et al. 2019, their equation for s^c). Without it the scores are used as they are.
    ids : Tensor (m,), optional
        Numbers of the items: a second copy of a row's own item is not counted as wrong.

    Returns
    -------
    Tensor ()
    """
    scores = users @ items.T
    if log_q is not None:
        scores = scores - log_q
    if ids is not None:
        copies = ids[: len(users), None] == ids
        copies.fill_diagonal_(False)
        scores = scores.masked_fill(copies, -torch.inf)
    return F.cross_entropy(scores, torch.arange(len(users)))


@dataclass
class TwoTowers:
    """What a training leaves.

    Attributes
    ----------
    users, items : ndarray (n, dim), float32
        Their vectors; scores are dot products.
    history : dict of str to ndarray
        `step`, `loss`, and the mean scores `positive` and `negative` of a batch.
    """

    users: np.ndarray
    items: np.ndarray
    history: dict[str, np.ndarray]

    @property
    def scores(self) -> np.ndarray:
        """All scores, (users, items)."""
        return self.users @ self.items.T


def train_two_towers(
    world: ClickWorld,
    *,
    negatives: str = "in-batch",
    correct: bool = True,
    loss: str = "softmax",
    margin: float = 1.0,
    ids: bool = True,
    features: bool = True,
    dim: int = 16,
    extra: int = 256,
    steps: int = 400,
    batch_size: int = 256,
    lr: float = 1e-2,
    weight_decay: float = 0.02,
    seed: int = 1,
    label: str | None = "Training",
) -> TwoTowers:
    """Train two towers on the clicks.

    Parameters
    ----------
    world : ClickWorld
    negatives : {"in-batch", "uniform", "mixed", "all"}
        The other rows' items; `extra` items drawn evenly from those with clicks; both; or every
        item that has clicks (the full softmax).
    correct : bool
        Whether the log of the probability with which an item comes into the batch is taken off
        its score.
    loss : {"softmax", "margin", "reversed"}
        `margin` is max(0, margin - positive + negative) over pairs of a batch, `reversed` the same
        with the sign of the scores turned round. Both take in-batch negatives, uncorrected.
    margin : float
    ids, features, dim : see :class:`Towers`
    extra : int
        Items drawn evenly, for "uniform" and "mixed".
    steps, batch_size : int
    lr, weight_decay : float
        Of AdamW; the rate falls linearly to 0.
    seed : int
    label : str, optional
        What the progress line says; no line without it.

    Raises
    ------
    ValueError
        If a name is unknown, or there is nothing to train.
    """
    if negatives not in _NEGATIVES or loss not in _LOSSES:
        raise ValueError(
            f"negatives must be one of {', '.join(_NEGATIVES)} and loss one of "
            f"{', '.join(_LOSSES)}: not {negatives!r} and {loss!r}."
        )
    if steps < 1 or not 2 <= batch_size <= len(world.train):
        raise ValueError(f"take a step or more, and batches of 2 to {len(world.train)} clicks.")
    with seeded_weights(seed):
        towers = Towers(world, dim, ids, features)
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(towers.parameters(), lr, weight_decay=weight_decay, fused=True)
    clicks, counts = torch.from_numpy(world.train), torch.from_numpy(world.counts)
    old = counts.nonzero()[:, 0]
    share = counts / counts.sum()  # of an item among clicks: its chance of each place in a batch
    history = []
    line = Progress(steps, "batches", label or "")
    with torch_threads(1), line if label else nullcontext():
        for step in range(steps):
            for group in optimiser.param_groups:
                group["lr"] = lr * (1 - step / steps)
            rows = torch.randint(len(clicks), (batch_size,), generator=generator)
            users, own = towers.users(clicks[rows, 0]), clicks[rows, 1]
            drawn = old[torch.randint(len(old), (extra,), generator=generator)]
            value = _batch_loss(towers, users, own, drawn, old, share, negatives, correct, loss,
                                margin)  # fmt: skip
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            if step == 0 or (step + 1) % 10 == 0 or step + 1 == steps:
                with torch.no_grad():
                    scores = users @ towers.items(own).T
                    right = scores.diagonal().mean().item()
                    wrong = (scores.sum() - scores.trace()).item() / (len(own) * (len(own) - 1))
                history.append((step + 1, value.item(), right, wrong))
            if label:
                line.update(1, loss=value.item())
    with torch.no_grad():
        vectors = [
            tower(torch.arange(n)).numpy()
            for tower, n in ((towers.users, world.n_users), (towers.items, world.n_items))
        ]
    names = ("step", "loss", "positive", "negative")
    return TwoTowers(*vectors, dict(zip(names, np.array(history).T, strict=True)))


def _batch_loss(towers, users, own, drawn, old, share, negatives, correct, loss, margin):
    if loss != "softmax":
        scores = users @ towers.items(own).T
        if loss == "reversed":
            scores = -scores
        wrong = own[:, None] != own
        pairs = F.relu(margin - scores.diagonal()[:, None] + scores)
        return pairs[wrong].mean()
    if negatives == "in-batch":
        log_q = share[own].log() if correct else None
        return in_batch_loss(users, towers.items(own), log_q, own)
    if negatives == "mixed":
        items = torch.cat([own, drawn])
        # The chance of a place of the joint batch: some are clicks, the others even draws.
        part = len(own) / len(items)
        log_q = (part * share[items] + (1 - part) / len(old)).log() if correct else None
        return in_batch_loss(users, towers.items(items), log_q, items)
    candidates = drawn if negatives == "uniform" else old
    vectors = towers.items(candidates)
    scores = users @ vectors.T
    if negatives == "uniform" and correct:
        # Even draws stand for all items: each counts for items / draws of them.
        scores = scores + np.log(len(old) / len(candidates))
    scores = scores.masked_fill(own[:, None] == candidates, -torch.inf)
    right = (users * towers.items(own)).sum(1, keepdim=True)
    return -torch.cat([right, scores], 1).log_softmax(1)[:, 0].mean()
