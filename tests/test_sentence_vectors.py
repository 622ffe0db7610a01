"""Sentence vectors by every recipe, and the probe."""

from contextlib import nullcontext

import numpy as np
import pytest

from helpers.models import TextEncoder
from helpers.models.pooling import POOLINGS
from helpers.sentence_vectors import (
    mean_word_vectors,
    pooled_states,
    probe_accuracy,
    swap_neighbours,
)


class Encoding:
    """What `tokenizers` gives for a text."""

    def __init__(self, text):
        self.ids = [len(word) for word in text.split()]
        self.type_ids = [0] * len(self.ids)

    def __len__(self):
        return len(self.ids)


class Tokenizer:
    """A token a word, its number the word's length."""

    def encode_batch(self, texts):
        return [Encoding(text) for text in texts]


class Backend:
    """Two layers of states that know the token and the place; the padding is not zero."""

    n_layers, dimension, batch_size = 1, 2, 2

    def states(self, batch, layers):
        places = np.broadcast_to(np.arange(batch.input_ids.shape[1]), batch.input_ids.shape)
        states = np.stack([batch.input_ids + 0.5, places], axis=-1).astype(np.float32)
        return [states * (layer + 1) for layer in layers]

    def ready(self):
        return nullcontext()


def test_pooled_states_are_those_of_encode():
    encoder = TextEncoder("toy", Tokenizer(), Backend(), "mean")
    texts = ["a bb ccc", "dddd", "ee fffff g hh"]
    pooled = pooled_states(encoder, texts)
    assert set(pooled) == set(POOLINGS)
    for name, vectors in pooled.items():
        expected = encoder.encode_layers(texts, pooling=name, batch_size=1)
        np.testing.assert_allclose(vectors, expected)
    np.testing.assert_allclose(pooled["mean"][1, 0], [5.0, 2.0])


def test_pooled_states_refuse_one_string():
    with pytest.raises(ValueError, match="list of strings"):
        pooled_states(TextEncoder("toy", Tokenizer(), Backend(), "mean"), "a text")


def test_mean_word_vectors():
    vectors = np.array([[1.0, 0.0], [0.0, 2.0]])
    found = mean_word_vectors(["The cat, the CAT!", "dog", ""], ["the", "cat"], vectors)
    np.testing.assert_allclose(found, [[0.5, 1.0], [0, 0], [0, 0]])


def test_swap_neighbours_exchanges_two_words_after_the_first():
    rng = np.random.default_rng(0)
    sentence = "One two three four five."
    seen = {swap_neighbours(sentence, rng) for _ in range(100)}
    assert seen == {
        "One three two four five.",
        "One two four three five.",
        "One two three five four.",
    }
    with pytest.raises(ValueError, match="three words"):
        swap_neighbours("Too short.", rng)


def test_the_probe_finds_a_direction_and_nothing_in_noise():
    rng = np.random.default_rng(0)
    labels = np.repeat(["a", "b", "c"], 60)
    noise = rng.normal(size=(180, 20))
    signal = noise.copy()
    signal[:, :3] += 4 * np.eye(3)[np.repeat([0, 1, 2], 60)]
    assert probe_accuracy(signal, labels, per_class=10, repeats=5) > 0.8
    assert abs(probe_accuracy(noise, labels, per_class=10, repeats=5) - 1 / 3) < 0.1
    assert probe_accuracy(signal, labels, per_class=10, repeats=2, seed=1) == probe_accuracy(
        signal, labels, per_class=10, repeats=2, seed=1
    )


@pytest.mark.parametrize("per_class", [0, 3])
def test_the_probe_needs_something_to_train_and_to_test(per_class):
    with pytest.raises(ValueError, match="per_class must be 1 to 2"):
        probe_accuracy(np.ones((6, 2)), [0, 0, 0, 1, 1, 1], per_class=per_class)


def test_labels_must_match():
    with pytest.raises(ValueError, match="one label each"):
        probe_accuracy(np.ones((6, 2)), [0, 1], per_class=1)
