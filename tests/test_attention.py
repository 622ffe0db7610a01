"""Attention and positions against PyTorch and against what the formulas promise."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.attention import (
    attention,
    contribution_shares,
    join_heads,
    rotary,
    shift_rotation,
    sinusoidal_positions,
    split_heads,
)
from helpers.checks.sentences_a import slow_attention
from helpers.models import Bert, BertConfig
from helpers.plots.attention import head_browser, position_maps

RNG = np.random.default_rng(0)


def library(q, k, v, mask=None):
    mask = None if mask is None else torch.tensor(mask)
    q, k, v = (torch.tensor(array) for array in (q, k, v))
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask).numpy()


@pytest.mark.parametrize("shape", [(1, 1, 1, 2, 1), (2, 3, 5, 4, 6), (3, 4, 4, 32, 32)])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("size", [1.0, 80.0])
def test_attention_is_pytorchs(shape, masked, size):
    texts, m, length, d, width = shape
    q, k = (size * RNG.normal(size=(texts, n, d)) for n in (m, length))
    v = RNG.normal(size=(texts, length, width))
    mask = None
    if masked:
        mask = RNG.random((texts, m, length)) < 0.5
        mask[..., 0] = True
    output, weights = attention(q, k, v, mask)
    assert np.allclose(output, library(q, k, v, mask), atol=1e-10)
    assert np.allclose(weights.sum(-1), 1)
    slow = slow_attention(q, k, v, np.ones((1, 1, length), bool) if mask is None else mask)
    assert np.allclose(output, slow[0]) and np.allclose(weights, slow[1])


def test_a_query_without_keys_gets_zeros_and_masks_broadcast():
    q, k, v = RNG.normal(size=(3, 2, 4, 6))
    mask = np.ones((2, 1, 4), int)
    mask[1] = 0
    output, weights = attention(q, k, v, mask)
    assert (output[1] == 0).all() and (weights[1] == 0).all()
    assert np.allclose(output[0], library(q, k, v)[0])
    causal = np.tri(4) > 0
    expected = library(q, k, v, np.stack([causal] * 2))
    assert np.allclose(attention(q, k, v, causal)[0], expected)


def test_float32_stays_float32_and_lists_are_fine():
    q, k, v = RNG.normal(size=(3, 5, 4)).astype(np.float32)
    assert attention(q, k, v)[0].dtype == np.float32
    assert np.allclose(attention(q.tolist(), k.tolist(), v.tolist())[0], attention(q, k, v)[0])


def test_bad_shapes_are_named():
    with pytest.raises(ValueError, match=r"do not fit: their shapes are \(2, 3\), \(2, 4\)"):
        attention(np.ones((2, 3)), np.ones((2, 4)), np.ones((2, 4)))
    with pytest.raises(ValueError, match="do not fit"):
        attention(np.ones(3), np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match="cannot be cut into 3 equal heads"):
        split_heads(np.ones((2, 4)), 3)
    with pytest.raises(ValueError, match="width must be even"):
        sinusoidal_positions([1], 3)
    with pytest.raises(ValueError, match="base must be greater than 1"):
        shift_rotation(1, 4, base=1)
    with pytest.raises(ValueError, match="3 rows need as many positions, not 2"):
        rotary(np.ones((3, 4)), [0, 1])


def test_heads_are_those_of_the_encoder():
    torch.manual_seed(0)
    config = BertConfig(50, 24, 1, 3, 48, 16)
    block = Bert(config).eval().layers[0].attention
    x = RNG.normal(size=(5, 24)).astype(np.float32)

    def linear(x, layer):
        return x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()

    heads = [split_heads(linear(x, layer), 3) for layer in (block.query, block.key, block.value)]
    output, weights = attention(*heads)
    with torch.no_grad():
        theirs, their_weights = block(
            torch.tensor(x)[None], torch.ones(1, 1, 1, 5, dtype=torch.bool)
        )
    assert np.allclose(linear(join_heads(output), block.output), theirs[0], atol=1e-6)
    assert np.allclose(weights, their_weights[0], atol=1e-6)
    shares = contribution_shares(weights, heads[2], block.output.weight.detach().numpy())
    assert np.allclose(shares.sum(-1), 1)
    # One head's part of what position 1 receives, by hand.
    part = block.output.weight.detach().numpy()[:, 8:16]
    lengths = [np.linalg.norm(weights[1, 1, j] * part @ heads[2][1, j]) for j in range(5)]
    assert np.allclose(shares[1, 1], lengths / np.sum(lengths), atol=1e-6)


def test_splitting_and_joining_undo_each_other():
    x = RNG.normal(size=(2, 5, 12))
    assert split_heads(x, 4).shape == (2, 4, 5, 3)
    assert np.array_equal(join_heads(split_heads(x, 4)), x)


@settings(max_examples=30, deadline=None)
@given(st.integers(-500, 500), st.integers(-500, 500), st.sampled_from([2, 6, 64]))
def test_a_shift_is_a_rotation(position, offset, d):
    matrix = shift_rotation(offset, d)
    moved = sinusoidal_positions([position], d) @ matrix.T
    assert np.allclose(moved, sinusoidal_positions([position + offset], d), atol=1e-9)
    assert np.allclose(matrix @ matrix.T, np.eye(d), atol=1e-12)


def test_sinusoids_follow_the_paper():
    codes = sinusoidal_positions([0, 7], 6)
    assert codes[0].tolist() == [0, 1, 0, 1, 0, 1]
    for i in range(3):
        angle = 7 / 10_000 ** (2 * i / 6)
        assert np.allclose(codes[1, 2 * i : 2 * i + 2], [np.sin(angle), np.cos(angle)])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_rotary_scores_depend_on_the_difference(p, q, shift):
    a, b = np.random.default_rng(1).normal(size=(2, 1, 16))
    here = rotary(a, [p]) @ rotary(b, [q]).T
    there = rotary(a, [p + shift]) @ rotary(b, [q + shift]).T
    assert np.allclose(here, there, atol=1e-9)
    assert np.isclose(np.linalg.norm(rotary(a, [p])), np.linalg.norm(a))


def test_rotary_takes_leading_dimensions():
    x = RNG.normal(size=(2, 3, 5, 4))
    turned = rotary(x, np.arange(5))
    assert turned.shape == x.shape and np.allclose(turned[..., 0, :], x[..., 0, :])
    assert np.allclose(turned[1, 2], rotary(x[1, 2], np.arange(5)))


def test_pictures():
    weights = RNG.dirichlet(np.ones(4), size=(2, 5, 4))
    live, static = head_browser(weights, ["[CLS]", "a", "a", "[SEP]"], [(2, 1), (1, 5)])
    content = json.loads(live.to_json())
    assert len(content["data"]) == 5
    (slider,) = content["layout"]["sliders"]
    assert [step["label"] for step in slider["steps"]] == ["1", "2"] and slider["active"] == 1
    assert np.allclose(slider["steps"][0]["args"][0]["z"], weights[0], atol=0.006)
    assert len(set(content["data"][0]["x"])) == 4  # Equal tokens keep columns of their own.
    titles = [ax.get_title(loc="left") for ax in static.axes]
    assert titles[:2] == ["layer 2, head 1", "layer 1, head 5"]
    with pytest.raises(ValueError, match="must have the shape"):
        head_browser(weights, ["a"], [(1, 1)])
    with pytest.raises(ValueError, match=r"from \(1, 1\) to \(2, 5\)"):
        head_browser(weights, list("abcd"), [(0, 1)])
    fig = position_maps({"one": np.eye(3)}, x="key", y="query", colour="score")
    assert fig.axes[0].get_xlabel() == "key"
    with pytest.raises(ValueError, match="at least one table"):
        position_maps({}, x="", y="", colour="")
