"""The network that draws a map, and the split and the stored maps that come from it."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.datasets import load_digits

from helpers.frozen_maps import load_frozen_maps, split_without
from helpers.fuzzy_graph import fuzzy_graph
from helpers.parametric_umap import _TINY, _loss, train_parametric


@pytest.fixture(scope="module")
def groups():
    generator = np.random.default_rng(0)
    centres = 6 * generator.normal(size=(3, 5))
    labels = np.repeat(np.arange(3), 40)
    return centres[labels] + generator.normal(size=(120, 5)), labels


def train(points, **settings):
    return train_parametric(
        points, fuzzy_graph(points, 10), hidden=(16,), steps=150, batch=64, rate=0.01, label=None,
        **settings,
    )  # fmt: skip


def test_groups_come_apart_and_new_points_join_them(groups):
    points, labels = groups
    frozen = train(points[::2])
    places = frozen(points)
    middles = np.stack([places[::2][labels[::2] == g].mean(axis=0) for g in range(3)])
    nearest = ((places[:, None] - middles) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == labels).mean() > 0.95
    assert frozen.losses[-20:].mean() < frozen.losses[:5].mean()


def test_the_same_seed_gives_the_same_bits(groups):
    points, _ = groups
    first, second, other = (train(points, seed=s) for s in (3, 3, 4))
    assert first(points).tobytes() == second(points).tobytes()
    assert not np.allclose(first(points), other(points))


def test_a_point_has_the_same_place_alone_and_in_company(groups):
    points, _ = groups
    frozen = train(points)
    np.testing.assert_allclose(frozen(points[7:8])[0], frozen(points)[7], rtol=1e-4, atol=1e-4)


def test_multiplications_are_counted(groups):
    points, _ = groups
    assert train(points).multiplications == 5 * 16 + 16 * 2


def test_loss_is_the_sampled_cross_entropy():
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(1)
    heads, tails, others = (generator.normal(size=s) for s in ((6, 2), (6, 2), (3, 6, 2)))
    a, b = 1.6, 0.9

    def q(left, right):
        return 1 / (1 + a * (((left - right) ** 2).sum(-1) + _TINY) ** b)

    expected = -np.log(q(heads, tails)).mean() - np.log(1 - q(heads, others)).sum(0).mean()
    found = _loss(*(torch.from_numpy(x) for x in (heads, tails, others)), a, b)
    assert float(found) == pytest.approx(expected, rel=1e-9)


def test_bad_input_is_refused(groups):
    points, _ = groups
    with pytest.raises(ValueError, match="a row and a column for each"):
        train_parametric(points, csr_matrix((3, 3)), label=None)
    with pytest.raises(ValueError, match="no edges"):
        train_parametric(points, csr_matrix((120, 120)), label=None)
    with pytest.raises(ValueError, match=r"points \(n, 5\)"):
        train(points)(points[:, :3])


def test_split_leaves_out_one_kind_and_overlaps_nowhere():
    labels = load_digits().target
    split = split_without(labels, 4)
    rows = np.concatenate(split)
    assert len(rows) == len(labels) == len(set(rows.tolist()))
    assert set(labels[split.strangers]) == {4}
    assert 4 not in labels[np.concatenate(split[:3])]
    assert (len(split.train), len(split.calibration)) == (900, 350)
    with pytest.raises(ValueError, match="leave none"):
        split_without(labels, 4, train=1_500)


def test_stored_maps_are_whole(tmp_path):
    maps = load_frozen_maps()
    assert maps.shape == (10, 1_797, 2) and np.isfinite(maps).all()
    assert all(places.std() > 1 for places in maps)
    with pytest.raises(ValueError, match="frozen_maps"):
        load_frozen_maps(tmp_path / "frozen_maps.json")
