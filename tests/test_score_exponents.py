"""Cosine times a power of the norm: the generator, overlaps, crossings, and the rule for pairs."""

import numpy as np
import pytest

from helpers.plots.score_plane import score_plane
from helpers.score_exponents import by_exponent, crossing, order_shares, score_world, top_overlap


def test_the_world_varies_as_asked():
    cosines, norms = score_world(2.0, n_items=2000, n_queries=20)
    assert cosines.shape == norms.shape == (20, 2000)
    assert 0 < cosines.min() and cosines.max() <= 1
    assert np.log(norms).std() / np.log(cosines).std() == pytest.approx(2, rel=0.03)
    assert abs(np.corrcoef(np.log(norms).ravel(), np.log(cosines).ravel())[0, 1]) < 0.02
    assert (score_world(0.0)[1] == 1).all()


def test_exponents_0_and_1_are_cosine_and_dot_product():
    rng = np.random.default_rng(0)
    q, x = rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
    norms = np.linalg.norm(x, axis=1)
    cosines = q @ x.T / norms
    np.testing.assert_allclose(by_exponent(cosines, norms, 1), q @ x.T)
    np.testing.assert_array_equal(by_exponent(cosines, norms, 0), cosines)


def test_overlap_against_sets():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 6, 30))
    wanted = [
        len(set(np.argsort(-x)[:7]) & set(np.argsort(-y)[:7])) / 7
        for x, y in zip(a, b, strict=True)
    ]
    assert top_overlap(a, b, 7) == pytest.approx(np.mean(wanted))
    assert top_overlap(a, a, 30) == 1


def test_the_crossing_is_at_the_bisector():
    alphas = np.linspace(0, 1, 11)
    cosines, norms = score_world(2.0, n_items=300, n_queries=600, seed=5)
    truths = [by_exponent(cosines, norms, alpha) for alpha in alphas]
    dot, cos = ([top_overlap(s, t) for t in truths] for s in (cosines * norms, cosines))
    assert crossing(alphas, dot, cos) == pytest.approx((5**0.5 - 1) / 4, abs=0.03)
    assert crossing([0, 1, 2], [0, 1, 4], [2, 2, 2]) == pytest.approx(4 / 3)


def test_the_rule_for_pairs_holds():
    rng = np.random.default_rng(2)
    items = rng.normal(size=(60, 4)) * np.exp(rng.normal(size=(60, 1)))
    shares = order_shares(rng.normal(size=(9, 4)), items, rng.permutation(60).reshape(-1, 2))
    assert shares["rule holds"] == 1 and shares["turned round, signs differ"] == 0
    assert shares["log rule on negative pairs"] == 0
    assert 0 < shares["turned round, both positive"] < 0.5


def test_the_plane_has_a_step_an_exponent():
    cosines, norms = (row[0] for row in score_world(2.0, n_items=100, n_queries=1))
    live, static = score_plane(cosines, norms, [-0.5, 0, 0.5, 1], shown=(0, 1), k=10)
    assert len(live.layout.sliders[0].steps) == 4 and live.layout.sliders[0].active == 1
    assert "cosine finds 10" in live.layout.title.text
    assert len(live.data[3].x) == 10 and len(static.axes) == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: score_world(-1.0),
        lambda: score_world(1.0, spread=0.5),
        lambda: top_overlap(np.ones((2, 3)), np.ones((2, 4))),
        lambda: top_overlap(np.ones((2, 3)), np.ones((2, 3)), 4),
        lambda: crossing([0, 1], [0, 1], [2, 3]),
    ],
)
def test_bad_input_gets_one_clear_line(call):
    with pytest.raises(ValueError) as raised:
        call()
    assert "\n" not in str(raised.value)
