"""The sense sentences: form, balance, and clear messages for damaged files."""

import collections
import json

import numpy as np
import pytest

from helpers import senses
from helpers.data import DataError, SenseSentence, sense_sentences
from helpers.models import load_minilm
from helpers.plots.senses import accuracy_by_layer, sense_browser

ROWS = sense_sentences()
ROW = {
    "id": "sense-bank-river-1",
    "word": "bank",
    "sense": "river",
    "sentence": "A bank of sand.",
}


def test_balance_and_form():
    counts = collections.Counter((row.word, row.sense) for row in ROWS)
    assert len(counts) == 14 and set(counts.values()) == {8}
    assert len({row.sentence for row in ROWS}) == len(ROWS) == 112
    for row in ROWS:
        assert row.sentence.isascii() and row.sentence[-1] == "."
        assert row.sentence.split()[0].lower() != row.word
        assert 7 <= len(row.sentence.split()) <= 15, row.sentence


def test_own_folder(tmp_path):
    (tmp_path / "senses.jsonl").write_text(json.dumps(ROW) + "\n")
    assert sense_sentences(tmp_path) == (SenseSentence(**ROW),)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "occurs twice"),
        ({"id": "other", "sense": ""}, "sense must be a text that is not empty"),
        ({"id": "other", "sentence": "No such word."}, "must stand in the sentence once, not 0x"),
        ({"id": "other", "sentence": "A bank, a bank."}, "must stand in the sentence once, not 2x"),
    ],
)
def test_damaged_line(tmp_path, change, message):
    (tmp_path / "senses.jsonl").write_text(f"{json.dumps(ROW)}\n{json.dumps(ROW | change)}\n")
    with pytest.raises(DataError, match=rf"^senses\.jsonl, line 2: .*{message}"):
        sense_sentences(tmp_path)


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match="Cannot read"):
        sense_sentences(tmp_path)


def test_accuracy_of_two_tight_groups_is_one():
    vectors = np.array([[1, 0.1], [1, 0.0], [0.1, 1], [0.0, 1]])
    assert senses.sense_accuracy(vectors, ["a", "a", "b", "b"]) == 1
    assert senses.sense_accuracy(vectors, ["a", "b", "a", "b"]) == 0


def test_accuracy_of_equal_vectors_follows_ties():
    # Every other occurrence is equally near: the share of its own sense, 1 of 3.
    assert senses.sense_accuracy(np.ones((4, 3)), ["a", "a", "b", "b"]) == pytest.approx(1 / 3)


def test_by_word_and_interval():
    rows = [SenseSentence(f"{w}{s}{i}", w, s, w) for w in "xy" for s in "ab" for i in range(2)]
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 0], [0, 1], [1, 0], [0, 1]], float)
    found = senses.by_word(vectors, rows)
    assert found["x"].accuracy == 1 and found["y"].accuracy == 0
    assert found["x"].same == pytest.approx(1) and found["x"].other == pytest.approx(0)
    low, high = senses.interval_over_words([1.0, 0.0])
    assert (low, high) == (0, 1)


def test_other_words_and_one_threshold():
    rows = [SenseSentence(f"{w}{s}{i}", w, s, w) for w in "xy" for s in "ab" for i in range(2)]
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1]] * 2, float)
    # Pairs of different words: half of them at cosine 1, half at 0.
    assert senses.other_words(vectors, rows) == pytest.approx(0.5)
    assert senses.threshold_accuracy(vectors, rows) == 1
    # In one word the senses are turned round: no threshold suits both.
    vectors[5], vectors[6] = vectors[6].copy(), vectors[5].copy()
    assert 0.5 < senses.threshold_accuracy(vectors, rows) < 1


def test_random_layers_leave_the_encoder_alone():
    encoder, rows = load_minilm(), ROWS[:2]
    before = senses.occurrence_vectors(encoder, rows)
    drawn = [senses.occurrence_vectors(senses.random_layers(encoder, 0.02), rows) for _ in "ab"]
    assert np.array_equal(drawn[0], drawn[1]) and np.array_equal(drawn[0][0], before[0])
    assert not np.allclose(drawn[0][1], before[1], atol=0.1)
    assert np.array_equal(senses.occurrence_vectors(encoder, rows), before)


def test_context_means_leave_the_word_out():
    rows = [SenseSentence("1", "bank", "river", "The bank rises.")]
    table = {"bank": np.array([9.0, 9]), "rises": np.array([1.0, 2]), "the": np.array([3.0, 2])}
    assert senses.context_means(rows, table)[0].tolist() == [2, 2]
    weighted = senses.context_means(rows, table, {"the": 0.0, "rises": 0.5})
    assert weighted[0].tolist() == [0.25, 0.5]


def test_figures_hold_every_occurrence():
    layers = np.random.default_rng(0).normal(size=(3, 6, 4))
    live, flat = sense_browser(layers, ["a", "b"] * 3, list("uvwxyz"), shown=(0, 2))
    assert len(live.data) == 6 and len(live.layout.sliders[0].steps) == 3
    assert [sum(len(t.x) for t in live.data[i : i + 2]) for i in (0, 2, 4)] == [6, 6, 6]
    assert [t.visible for t in live.data] == [False] * 4 + [True] * 2
    assert len(flat.axes) == 2
    fig = accuracy_by_layer({"m": np.array([[0.5, 0.4, 0.7], [0.9, 0.8, 1.0]])}, {"line": 0.5})
    assert fig.axes[0].get_xlabel().startswith("layer")
