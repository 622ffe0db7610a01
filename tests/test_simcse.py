"""Sentence encoders trained from sentences alone."""

import numpy as np
import pytest
import torch

from helpers.siamese_data import pair_tokenizer, small_encoder
from helpers.simcse import set_dropout, single_sentences, train_simcse


def test_dropout_is_set_everywhere_and_checked():
    encoder = small_encoder(pair_tokenizer())
    before = encoder.encode(["a small test"])
    set_dropout(encoder, 0.3)
    assert np.array_equal(encoder.encode(["a small test"]), before)  # not while encoding
    model = encoder.backend.model.train()
    ids = np.array([[5, 6, 7]])
    one, two = (model(torch.from_numpy(ids)).last_hidden_state for _ in range(2))
    assert not torch.equal(one, two)
    with pytest.raises(ValueError, match="below 1"):
        set_dropout(encoder, 1.0)


def test_texts_are_a_heap_of_sentences():
    texts = single_sentences()
    assert set(texts) == {"definitions", "verses"} and all(len(t) > 5000 for t in texts.values())


def test_training_repeats_and_spreads():
    (one, losses), (two, _) = (train_simcse(steps=24, label=None) for _ in range(2))
    texts = ["the sea is calm", "a dog barked", "kings rule"]
    assert np.array_equal(one.encode(texts), two.encode(texts))
    start = small_encoder(pair_tokenizer()).encode(texts)
    assert losses[-8:].mean() < losses[:8].mean() - 0.3
    assert (one.encode(texts) @ one.encode(texts).T).sum() < (start @ start.T).sum()
    with pytest.raises(ValueError, match="views must be"):
        train_simcse("crops")
