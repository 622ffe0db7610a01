"""Measures of pictures, stored layouts, and what lesson 08's part 3 draws from them."""

import json

import numpy as np
import pytest
from sklearn.manifold import trustworthiness as by_sklearn
from sklearn.manifold._utils import _binary_search_perplexity

from helpers.layout_quality import (
    continuity,
    kept_neighbours,
    measure,
    neighbour_ranks,
    neighbours,
    procrustes,
    trustworthiness,
)
from helpers.plots.pictures import linked_pictures, panels
from helpers.stored_layouts import load_layouts, load_tsne_epochs, pack, unpack
from helpers.tsne_weights import tsne_weights


@pytest.fixture
def cloud():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(60, 5))
    return points, points[:, :2] + 0.3 * rng.normal(size=(60, 2))


@pytest.mark.parametrize("k", [1, 5, 29])
def test_equal_to_scikit_learn(cloud, k):
    points, picture = cloud
    assert trustworthiness(points, picture, k) == pytest.approx(
        by_sklearn(points, picture, n_neighbors=k)
    )
    assert continuity(points, picture, k) == pytest.approx(
        by_sklearn(picture, points, n_neighbors=k)
    )


def test_measure_agrees_with_its_parts(cloud):
    points, picture = cloud
    found = measure(neighbour_ranks(points), points, picture, 7)
    assert found.trust == trustworthiness(points, picture, 7)
    assert found.continuity == continuity(points, picture, 7)
    kept = kept_neighbours(neighbours(points, 7), neighbours(picture, 7))
    assert found.recall == pytest.approx(kept.mean() / 7)
    assert measure(neighbour_ranks(points), points, 3 * points, 7) == pytest.approx((1, 1, 1, 1))


def test_ranks_and_neighbours_agree_also_with_duplicates():
    points = np.random.default_rng(1).integers(0, 3, (40, 2)).astype(float)
    ranks, near = neighbour_ranks(points), neighbours(points, 39)
    assert (np.diag(ranks) == 0).all()
    expected = np.broadcast_to(np.arange(1, 40), near.shape)
    assert (np.take_along_axis(ranks, near, axis=1) == expected).all()


def test_neighbours_in_many_dimensions():
    points = np.random.default_rng(2).normal(size=(1500, 20))
    gaps = np.square(points[:3, None] - points[None]).sum(axis=2)
    gaps[np.arange(3), np.arange(3)] = np.inf
    assert (neighbours(points, 6)[:3] == np.argsort(gaps, axis=1)[:, :6]).all()


def test_procrustes(cloud):
    _, picture = cloud
    angle = 0.7
    turn = np.array([[np.cos(angle), np.sin(angle)], [np.sin(angle), -np.cos(angle)]])
    aligned, disparity = procrustes(picture, 3 * picture @ turn + [5, -2])
    np.testing.assert_allclose(aligned, picture, atol=1e-10)
    assert disparity == pytest.approx(0, abs=1e-12)
    other = np.random.default_rng(3).normal(size=(60, 2))
    one, back = procrustes(picture, other)[1], procrustes(other, picture)[1]
    assert one == pytest.approx(back) and 0.8 < one <= 1
    left = np.square(procrustes(picture, other)[0] - picture).sum()
    assert left / np.square(picture - picture.mean(axis=0)).sum() == pytest.approx(one)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: trustworthiness(x, x, 30), "less than half"),
        (lambda x: trustworthiness(x, x, 0), "at least 1"),
        (lambda x: trustworthiness(x, x[1:], 3), "same rows"),
        (lambda x: neighbours(x, 60), "1 to 59"),
        (lambda x: neighbours(x[0], 3), "matrix"),
        (lambda x: neighbour_ranks(x * np.nan), "finite"),
        (lambda x: procrustes(x, x[:, :1]), "shapes"),
        (lambda x: procrustes(x, np.ones_like(x)), "same place"),
        (lambda x: tsne_weights(x, 1), "perplexity"),
        (lambda x: pack(x[0]), "matrix"),
        (lambda x: unpack({"int16": "?", "shape": [1, 2], "unit": 1}), "damaged"),
        (lambda x: linked_pictures({"a": x}, x[:, 0], {}, {}), "same keys"),
        (lambda x: linked_pictures({"a": x}, x[:, 0], {"a": 1}, {"a": ""}), "shape"),
    ],
)
def test_bad_input(cloud, call, message):
    with pytest.raises(ValueError, match=message):
        call(cloud[0])


@pytest.mark.parametrize("perplexity", [2, 10, 40])
def test_weights_are_those_of_scikit_learn(cloud, perplexity):
    points, _ = cloud
    points = 100 * points
    squares = np.square(points[:, None] - points[None]).sum(axis=2).astype(np.float32)
    expected = _binary_search_perplexity(squares, perplexity, 0)
    found = tsne_weights(points, perplexity)
    np.testing.assert_allclose(found, expected, atol=2e-4)
    np.testing.assert_allclose(tsne_weights(points, perplexity, [5, 2]), found[[5, 2]])
    entropy = -(found * np.log2(np.where(found > 0, found, 1))).sum(axis=1)
    np.testing.assert_allclose(2**entropy, perplexity, rtol=1e-9)


def test_packing(cloud, tmp_path):
    layout = 20 * cloud[1]
    again = unpack(json.loads(json.dumps(pack(layout))))
    assert np.abs(again - layout).max() <= np.abs(layout).max() / 60_000
    assert (unpack(pack(np.zeros((3, 2)))) == 0).all()
    with pytest.raises(ValueError, match="benchmarks.layout_quality"):
        load_layouts(tmp_path / "none.json")
    with pytest.raises(ValueError, match="benchmarks.tsne_epochs"):
        load_tsne_epochs(tmp_path / "none.json")


def test_stored_layouts_are_whole():
    layouts = load_layouts()
    for name, layout in layouts.items():
        n = {"digits": 1797, "posts": 6000, "noise": 600}[name.split()[0]]
        assert layout.shape == (n, 16 if name.endswith("16") else 2), name
    film = load_tsne_epochs()
    n = len(film["words"])
    assert film["frames"].shape == (len(film["progress"]), n, 2)
    assert film["vectors"].shape == (n, 100) and len(film["again"]) == 2
    assert len(film["groups"]) == n and len(film["purity"]) == len(film["frames"])
    # Each frame lies on the one before as well as turning and mirroring can make it.
    for one, other in zip(film["frames"], film["frames"][1:], strict=False):
        np.testing.assert_allclose(other.mean(axis=0), 0, atol=1e-9)
        product = other.T @ one
        np.testing.assert_allclose(product, product.T, atol=1e-6 * np.abs(product).max())
        assert np.linalg.eigvalsh((product + product.T) / 2).min() > 0


def test_pictures(cloud):
    _, picture = cloud
    labels = np.arange(60) % 3
    kept = {"a": np.full(60, 4), "b": np.arange(60) % 11}
    live, static = linked_pictures(
        {"a": picture, "b": -2 * picture}, labels, kept, {"a": "A", "b": "B"}, every=2
    )
    assert [frame.name for frame in live.frames] == ["a", "b"]
    # The second is the first, mirrored: on the same axes they are the same.
    np.testing.assert_allclose(live.frames[0].data[0].x, live.frames[1].data[0].x, atol=0.011)
    assert len(live.frames[0].data[0].x) == 30 and len(static.axes) >= 3
    assert len(panels({"one": picture, "two": picture}, labels).axes) == 2
