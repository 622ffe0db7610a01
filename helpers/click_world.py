"""A generated shop in which it is known why users click, and measures that use this knowledge.

A user clicks an item for two reasons: it is to their taste, and it is shown often. Both are known,
so that we can tell which of the two a model has learned.
"""

from typing import NamedTuple

import numpy as np

__all__ = ["ClickWorld", "click_world", "new_item_recall", "recall_by_band", "taste_overlap"]

BANDS = ("head", "middle", "tail")


class ClickWorld(NamedTuple):
    """A shop with known tastes.

    Attributes
    ----------
    taste : ndarray (users, items)
        How well each item suits each user: the part of the log-odds of a click that is about the
        user.
    exposure : ndarray (items,)
        The other part, the same for all users: how much an item is shown.
    user_features, item_features : ndarray (users, f), (items, f), float32
        What is known of them: their tastes, mixed and noisy. Nothing about exposure.
    train, test : ndarray (n, 2), int64
        Clicks as (user, item). No pair occurs twice. New items occur in neither.
    new_items : ndarray (k,), int64
        Items that came later: nobody has clicked them yet.
    new_clicks : ndarray (n, 2), int64
        What was clicked among the new items, once they were there.
    """

    taste: np.ndarray
    exposure: np.ndarray
    user_features: np.ndarray
    item_features: np.ndarray
    train: np.ndarray
    test: np.ndarray
    new_items: np.ndarray
    new_clicks: np.ndarray

    @property
    def n_users(self) -> int:
        """Number of users."""
        return self.taste.shape[0]

    @property
    def n_items(self) -> int:
        """Number of items, new ones included."""
        return self.taste.shape[1]

    @property
    def counts(self) -> np.ndarray:
        """Training clicks of each item, (items,)."""
        return np.bincount(self.train[:, 1], minlength=self.n_items)

    @property
    def bands(self) -> np.ndarray:
        """Band of each item by training clicks, (items,): 0 top tenth, 1 next 40 %, 2 the rest."""
        rank = np.empty(self.n_items, dtype=int)
        rank[np.argsort(-self.counts, kind="stable")] = np.arange(self.n_items)
        return np.digitize(rank, [self.n_items // 10, self.n_items // 2])


def click_world(
    n_users: int = 2000,
    n_items: int = 800,
    *,
    dim: int = 6,
    strength: float = 2.5,
    bias: float = 1.2,
    train_clicks: int = 25,
    test_clicks: int = 5,
    n_new: int = 40,
    features: int = 16,
    noise: float = 0.5,
    seed: int = 1,
) -> ClickWorld:
    """Make users, items and clicks: p(item | user) is proportional to exp(taste + exposure).

    Parameters
    ----------
    n_users, n_items : int
    dim : int
        Latent factors of taste.
    strength : float
        Standard deviation of taste, in log-odds.
    bias : float
        Standard deviation of exposure, in log-odds; 0 shows all items alike.
    train_clicks, test_clicks : int
        Clicks a user, all on different items; then as many as `test_clicks` among new items.
    n_new : int
        Items that nobody could click in training.
    features : int
        Features of a user and of an item.
    noise : float
        Standard deviation of the noise on features, which have variance 1 without it.
    seed : int

    Returns
    -------
    ClickWorld

    Raises
    ------
    ValueError
        If there are too few items for so many clicks.
    """
    clicks = train_clicks + test_clicks
    if min(n_users, dim, features, train_clicks, test_clicks) < 1 or n_new < 0:
        raise ValueError("users, factors, features and clicks must be 1 or more.")
    if clicks > n_items - n_new or 0 < n_new < test_clicks:
        raise ValueError(
            f"{clicks} clicks a user need as many old items, and {test_clicks} new ones: there "
            f"are {n_items - n_new} and {n_new}."
        )
    rng = np.random.default_rng(seed)
    users, items = rng.normal(size=(n_users, dim)), rng.normal(size=(n_items, dim))
    taste = users @ items.T * (strength / np.sqrt(dim))
    exposure = bias * rng.normal(size=n_items)
    described = [
        (part @ rng.normal(size=(dim, features)) / np.sqrt(dim)
         + noise * rng.normal(size=(len(part), features))).astype(np.float32)
        for part in (users, items)
    ]  # fmt: skip
    new = np.sort(rng.choice(n_items, n_new, replace=False))
    # The k largest of log p + Gumbel noise are k draws without replacement.
    drawn = taste + exposure + rng.gumbel(size=taste.shape)
    chosen_new = new[np.argsort(-drawn[:, new], axis=1)[:, :test_clicks]]
    drawn[:, new] = -np.inf
    chosen = np.argsort(-drawn, axis=1)[:, :clicks]
    chosen = rng.permuted(chosen, axis=1)

    def pairs(columns: np.ndarray) -> np.ndarray:
        return np.stack([np.repeat(np.arange(n_users), columns.shape[1]), columns.ravel()], 1)

    return ClickWorld(
        taste, exposure, *described, pairs(chosen[:, :train_clicks]),
        pairs(chosen[:, train_clicks:]), new, pairs(chosen_new),
    )  # fmt: skip


def recall_by_band(world: ClickWorld, scores, k: int = 20) -> dict[str, float]:
    """Measure which share of the test clicks is among the k best items that are new to the user.

    Parameters
    ----------
    world : ClickWorld
    scores : array_like (users, items)
        Items clicked in training, and those of `world.new_items`, are not offered.
    k : int

    Returns
    -------
    dict of str to float
        For all clicks, and by the band of the clicked item: ``"head"``, ``"middle"``, ``"tail"``.
    """
    offered = _offered(world, scores)
    best = np.argsort(-offered, axis=1, kind="stable")[:, :k]
    hit = (best[world.test[:, 0]] == world.test[:, 1:]).any(1)
    band = world.bands[world.test[:, 1]]
    found = {"all": float(hit.mean())}
    return found | {name: float(hit[band == row].mean()) for row, name in enumerate(BANDS)}


def taste_overlap(world: ClickWorld, scores, k: int = 20) -> float:
    """Measure which share of each user's k favourites by taste is among the k best by score.

    Parameters
    ----------
    world, scores, k : as for :func:`recall_by_band`
        The same items are offered to both.
    """
    best, liked = (
        np.argsort(-_offered(world, table), axis=1, kind="stable")[:, :k]
        for table in (scores, world.taste)
    )
    return float((best[:, :, None] == liked[:, None, :]).any(1).mean())


def new_item_recall(world: ClickWorld, scores, k: int = 5) -> float:
    """Measure which share of the clicks on new items is among the k best new items of the user.

    Parameters
    ----------
    world, scores, k : as for :func:`recall_by_band`
        Only `world.new_items` compete.
    """
    scores = np.asarray(scores)[:, world.new_items]
    best = world.new_items[np.argsort(-scores, axis=1, kind="stable")[:, :k]]
    return float((best[world.new_clicks[:, 0]] == world.new_clicks[:, 1:]).any(1).mean())


def _offered(world: ClickWorld, scores) -> np.ndarray:
    scores = np.array(np.broadcast_to(scores, world.taste.shape), dtype=float)
    scores[world.train[:, 0], world.train[:, 1]] = -np.inf
    scores[:, world.new_items] = -np.inf
    return scores
