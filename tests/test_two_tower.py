"""Clicks from known tastes, the in-batch loss, and towers that learn from it."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from helpers.click_world import click_world, new_item_recall, recall_by_band, taste_overlap
from helpers.two_tower import Towers, in_batch_loss, train_two_towers


@pytest.fixture(scope="module")
def world():
    return click_world(300, 120, train_clicks=12, test_clicks=3, n_new=10, seed=3)


def test_clicks_are_distinct_and_new_items_have_none(world):
    pairs = np.vstack([world.train, world.test])
    assert len(np.unique(pairs, axis=0)) == len(pairs) == 300 * 15
    assert not np.isin(pairs[:, 1], world.new_items).any()
    assert np.isin(world.new_clicks[:, 1], world.new_items).all()
    assert world.counts.sum() == 300 * 12 and world.counts[world.new_items].sum() == 0
    assert np.bincount(world.bands).tolist() == [12, 48, 60]


def test_clicks_follow_taste_and_exposure(world):
    clicked = world.taste[world.train[:, 0], world.train[:, 1]].mean()
    assert clicked > world.taste.mean() + 1
    old = world.counts > 0
    assert np.corrcoef(np.log(world.counts[old]), world.exposure[old])[0, 1] > 0.6


def test_the_same_seed_gives_the_same_world():
    one, two = (click_world(50, 60, n_new=5, seed=4) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_too_few_items_are_refused():
    with pytest.raises(ValueError, match="as many old items"):
        click_world(10, 30, n_new=5)


def test_in_batch_loss_by_hand():
    generator = torch.Generator().manual_seed(1)
    users, items = (torch.randn(n, 4, generator=generator) for n in (3, 5))
    share = torch.tensor([0.5, 0.1, 0.2, 0.1, 0.1])
    rows = [
        F.cross_entropy((items @ user - share.log())[None], torch.tensor([i]))
        for i, user in enumerate(users)
    ]
    assert in_batch_loss(users, items, share.log()).item() == pytest.approx(
        torch.stack(rows).mean().item()
    )
    ids = torch.tensor([7, 8, 9, 7, 2])
    without = in_batch_loss(users[:1], items[[0, 1, 2, 4]])
    assert in_batch_loss(users[:1], items, ids=ids).item() == pytest.approx(without.item())


def test_corrected_gradient_is_that_of_the_full_softmax():
    """Over many batches; without the correction frequent items are pushed down too far."""
    rng = np.random.default_rng(5)
    n_items = 12
    share = rng.dirichlet(np.full(n_items, 0.7)) * 0.9 + 0.1 / n_items
    bias = torch.zeros(n_items, requires_grad=True)
    scores = torch.from_numpy(rng.normal(size=n_items))
    full = ((scores + bias).softmax(0) - torch.from_numpy(share)).detach().numpy()
    found = {}
    for name, log_q in (("plain", None), ("corrected", torch.from_numpy(np.log(share)))):
        total = np.zeros(n_items)
        for _ in range(30):
            own = torch.from_numpy(rng.choice(n_items, 4000, p=share))
            table = (scores + bias)[own]
            weights = (table - (0 if log_q is None else log_q[own])).softmax(0)
            loss = torch.zeros(n_items, dtype=torch.float64).index_add(0, own, weights)
            total += (loss.detach().numpy() - np.bincount(own, minlength=n_items) / 4000) / 30
        found[name] = np.abs(total - full).max()
    assert found["corrected"] < 0.02 < found["plain"]


@pytest.mark.parametrize("negatives", ["in-batch", "uniform", "mixed", "all"])
def test_training_finds_clicks_and_repeats(world, negatives):
    one, two = (
        train_two_towers(world, negatives=negatives, steps=120, batch_size=64, label=None)
        for _ in range(2)
    )
    assert np.array_equal(one.scores, two.scores)
    popular = np.broadcast_to(world.counts, world.taste.shape)
    assert recall_by_band(world, one.scores)["all"] > recall_by_band(world, popular)["all"] + 0.1
    assert one.history["loss"][-1] < one.history["loss"][0]


def test_correction_moves_recall_to_the_head(world):
    plain, corrected = (
        recall_by_band(
            world, train_two_towers(world, correct=correct, steps=120, batch_size=64,
                                    label=None).scores)
        for correct in (False, True)
    )  # fmt: skip
    assert corrected["head"] > plain["head"] + 0.1 and plain["tail"] > corrected["tail"]


def test_reversed_sign_lowers_the_positives(world):
    right, wrong = (
        train_two_towers(world, loss=loss, steps=120, batch_size=64, label=None)
        for loss in ("margin", "reversed")
    )
    assert right.history["positive"][-1] > right.history["negative"][-1] + 1
    assert wrong.history["positive"][-1] < wrong.history["negative"][-1] - 1


def test_measures(world):
    assert taste_overlap(world, world.taste) == 1
    assert recall_by_band(world, world.taste, k=120)["all"] == 1
    assert new_item_recall(world, world.taste, k=10) == 1
    untouched = world.taste.copy()
    recall_by_band(world, untouched)
    assert np.array_equal(untouched, world.taste)


def test_what_makes_no_sense_is_refused(world):
    for bad in ({"negatives": "none"}, {"loss": "hinge"}, {"steps": 0}, {"batch_size": 1}):
        with pytest.raises(ValueError):
            train_two_towers(world, label=None, **bad)
    with pytest.raises(ValueError, match="ids, features or both"):
        Towers(world, ids=False, features=False)
