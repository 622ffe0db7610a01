"""helpers.umap_layout and helpers.umap_losses: specification, library, gradients, bad input."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.sparse import csr_array, random_array
from sklearn.datasets import load_digits
from sklearn.manifold import spectral_embedding, trustworthiness

from helpers.umap_layout import (
    curve,
    curve_parameters,
    forces,
    naive_layout,
    optimise_layout,
    spectral_start,
)
from helpers.umap_losses import fuzzy_losses, push_weights

A, B = 1.5769, 0.8951


def graph(n=60, density=0.2, seed=0):
    rng = np.random.default_rng(seed)
    half = random_array((n, n), density=density, rng=rng, data_sampler=rng.uniform).tolil()
    half.setdiag(0)
    half = half.tocsr()
    both = half.maximum(half.T)
    return (both / both.max()).astype(np.float32).tocsr()


def start(n=60, seed=1):
    return np.random.default_rng(seed).uniform(0, 10, (n, 2)).astype(np.float32)


@pytest.mark.parametrize("min_dist, spread", [(0.1, 1), (0, 1), (1, 1), (0.7, 1), (0.5, 2)])
def test_the_curve_is_that_of_umap_learn(min_dist, spread):
    umap_ = pytest.importorskip("umap.umap_")
    ours = curve_parameters(min_dist, spread)
    np.testing.assert_allclose(ours, umap_.find_ab_params(spread, min_dist), rtol=1e-4)


def test_the_curve_scales_with_spread():
    a, b = curve_parameters(0.1, 1.0)
    wide_a, wide_b = curve_parameters(1.0, 10.0)
    assert wide_b == pytest.approx(b)
    assert curve(5.0, wide_a, wide_b) == pytest.approx(curve(0.5, a, b))


@pytest.mark.parametrize("distance", [0.05, 0.7, 3.0, 20.0])
def test_forces_are_gradients(distance):
    place = np.array([0.6, 0.8]) * distance

    def pull_loss(y):
        return -np.log(curve(np.linalg.norm(y), A, B))

    def push_loss(y):
        return -np.log(1 - curve(np.linalg.norm(y), A, B))

    pull, push = forces(np.array([distance**2]), A, B)
    np.testing.assert_allclose(pull * place, -approx_fprime(place, pull_loss, 1e-7), rtol=1e-4)
    softened = distance**2 / (distance**2 + 1e-3)
    np.testing.assert_allclose(
        push * place, -approx_fprime(place, push_loss, 1e-7) * softened, rtol=1e-4
    )


@pytest.mark.parametrize("n_negatives", [0, 1, 5])
def test_the_kernel_follows_its_specification(n_negatives):
    # The table is off by up to 1%, and small differences grow: so one epoch, not too near.
    how = {"n_epochs": 1, "n_negatives": n_negatives, "seed": 4}
    edges, places = graph(density=0.02).sign(), 2 * start()
    fast = optimise_layout(edges, places, A, B, **how)
    slow = naive_layout(edges, places, A, B, **how)
    assert np.median(np.abs(fast - places)) > 0.05  # they have moved
    assert np.median(np.abs(fast - slow)) < 0.005
    if n_negatives:
        other = naive_layout(edges, places, A, B, **(how | {"seed": 5}))
        assert np.median(np.abs(other - slow)) > 4 * np.median(np.abs(fast - slow))
    one = {"n_epochs": 1, "n_negatives": n_negatives, "seed": 4}
    pair = csr_array(np.array([[0, 1.0], [0, 0]], dtype=np.float32))
    for gap in (1e-3, 0.3, 2.0, 50.0, 500.0):
        where = np.array([[0, 0], [gap, gap / 2]])
        fast, slow = (f(pair, where, A, B, **one) for f in (optimise_layout, naive_layout))
        np.testing.assert_allclose(fast, slow, atol=0.02 * max(1, gap / 100))


def test_input_stays_and_the_same_seed_repeats():
    places, edges = start(), graph()
    before = places.copy(), edges.toarray()
    first = optimise_layout(edges, places, A, B, n_epochs=20, seed=2**63 + 5)
    again = optimise_layout(edges, places, A, B, n_epochs=20, seed=2**63 + 5)
    other = optimise_layout(edges, places, A, B, n_epochs=20, seed=6)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01
    np.testing.assert_array_equal(places, before[0])
    np.testing.assert_array_equal(edges.toarray(), before[1])


def test_kept_layouts_end_with_the_layout():
    kept = optimise_layout(graph(), start(), A, B, n_epochs=30, keep=(1, 10, 30))
    assert kept.shape == (3, 60, 2)
    np.testing.assert_array_equal(kept[-1], optimise_layout(graph(), start(), A, B, n_epochs=30))


def test_points_in_one_place_do_not_break_it():
    places = optimise_layout(graph(), np.zeros((60, 2)), A, B, n_epochs=5)
    assert np.isfinite(places).all()


def test_the_spectral_start_spans_the_eigenvectors():
    edges = graph(80, 0.1, seed=3)
    found = spectral_start(edges).astype(float)
    expected = spectral_embedding(edges.toarray().astype(float), n_components=2, random_state=0)
    root = np.sqrt(np.asarray(edges.sum(axis=0)).ravel())
    for column in (0, 1):
        # Ours are the eigenvectors themselves, scikit-learn's are divided by the root of degrees.
        fitted = np.corrcoef(found[:, column], expected[:, column] * root)[0, 1]
        assert abs(fitted) > 0.999
    np.testing.assert_allclose([found.min(), found.max()], [0, 10])


@pytest.mark.slow
def test_digits_are_as_trustworthy_as_umap_learns():
    umap_ = pytest.importorskip("umap.umap_")
    digits = load_digits(return_X_y=True)[0]
    edges = umap_.fuzzy_simplicial_set(digits, 15, np.random.RandomState(0), "euclidean")[0]
    places = optimise_layout(edges, spectral_start(edges), A, B)
    assert trustworthiness(digits, places, n_neighbors=10) > 0.98


def test_losses_are_the_sums_over_pairs():
    edges, places = graph(12), start(12)
    edges = graph(12, 0.4)
    weights, degrees = edges.toarray(), edges.toarray().sum(axis=1)
    written = sampled = 0.0
    for i in range(12):
        for j in range(12):
            if i != j:
                q = curve(np.linalg.norm(places[i] - places[j]), A, B)
                pull = -weights[i, j] * np.log(q)
                written += pull - (1 - weights[i, j]) * np.log(1 - q)
                sampled += pull - 5 * (degrees[i] + degrees[j]) / 48 * np.log(1 - q)
    np.testing.assert_allclose(
        fuzzy_losses(edges, places, A, B), [written / 12, sampled / 12], rtol=1e-4
    )
    assert (np.diag(push_weights(edges)[0]) == 0).all()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"start": np.zeros((5, 2))}, r"give \(n, n\) and \(n, 2\)"),
        ({"graph": csr_array((60, 60))}, "no edges"),
        ({"a": 0.0}, "must be positive"),
        ({"n_epochs": 0}, "must be positive"),
        ({"n_negatives": -1}, "not negative"),
        ({"keep": (501,)}, "keep takes epochs from 1 to 500"),
    ],
)
def test_bad_input_is_told(change, message):
    with pytest.raises(ValueError, match=message):
        optimise_layout(**({"graph": graph(), "start": start(), "a": A, "b": B} | change))


def test_bad_settings_are_told():
    for min_dist, spread in ((-0.1, 1), (2, 1), (0, 0)):
        with pytest.raises(ValueError, match="from 0 to spread"):
            curve_parameters(min_dist, spread)
    pieces = csr_array(np.kron(np.eye(2), np.ones((5, 5)) - np.eye(5)))
    with pytest.raises(ValueError, match="has 2 pieces"):
        spectral_start(pieces)
