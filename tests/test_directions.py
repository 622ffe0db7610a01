"""Tiny encoders that see both ways, back, or nothing: what a token sees, and that they learn."""

import pytest
import torch

from helpers.directions import _encode, _encoder, tune, verse_pairs


@pytest.fixture(scope="module")
def pairs():
    return verse_pairs(700)


def test_pairs_are_numbers_of_the_same_verses(pairs):
    assert pairs.first.shape == pairs.second.shape == (700, 12)
    assert int(torch.stack([pairs.first, pairs.second]).max()) == pairs.n_words - 1
    assert (pairs.first[:, 0] == pairs.first[0, 0]).all()  # [CLS]
    again = verse_pairs(700)
    assert torch.equal(again.first, pairs.first) and torch.equal(again.second, pairs.second)


@pytest.mark.parametrize(
    ("attention", "pooling", "seen"),
    [
        ("both", "first", range(12)),
        ("causal", "first", [0]),
        ("causal", "last", range(12)),
        ("alone", "last", [11]),
        ("alone", "mean", range(12)),
    ],
)
def test_a_vector_depends_on_what_may_be_seen(pairs, attention, pooling, seen):
    torch.manual_seed(0)
    model = _encoder(pairs, 16)
    text = torch.arange(1, 13)[None]
    vector = _encode(model, text, attention, pooling)
    for place in range(12):
        other = text.clone()
        other[0, place] = 40
        same = torch.allclose(_encode(model, other, attention, pooling), vector, atol=1e-6)
        assert same == (place not in seen)


def test_padding_changes_nothing(pairs):
    torch.manual_seed(0)
    model = _encoder(pairs, 16)
    short = torch.arange(1, 8)[None]
    padded = torch.cat([short, torch.zeros(1, 5, dtype=torch.long)], dim=1)
    for attention, pooling in (("both", "first"), ("causal", "last"), ("alone", "mean")):
        vectors = [_encode(model, text, attention, pooling) for text in (short, padded)]
        assert torch.allclose(*vectors, atol=1e-6)


def test_tuning_helps_repeats_and_leaves_the_generator_alone(pairs):
    state = torch.get_rng_state()
    runs = [tune(pairs, "alone", "mean", seed=4, held_out=200, steps=25) for _ in range(2)]
    assert runs[0] == runs[1] and runs[0].after > runs[0].before
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("call", "fragment"),
    [
        (lambda pairs: tune(pairs, "left", "mean", seed=1), "attention is one of"),
        (lambda pairs: tune(pairs, "both", "max", seed=1), "pooling one of"),
        (lambda pairs: tune(pairs, "both", "mean", seed=1, held_out=690), "too few"),
        (lambda pairs: verse_pairs(10**6), "is not to be had"),
        (lambda pairs: verse_pairs(5, tokens=2), "max_length must be"),
    ],
)
def test_bad_input_gets_one_clear_line(pairs, call, fragment):
    with pytest.raises(ValueError, match=fragment) as caught:
        call(pairs)
    assert "\n" not in str(caught.value)
