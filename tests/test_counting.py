"""Growth of the co-occurrence matrix, and its picture."""

import numpy as np
import plotly.graph_objects as go
import pytest

from helpers.checks.glove_a import COOC
from helpers.cooccurrence import cooccurrences
from helpers.counting import Growth, grow, some_sentences
from helpers.plots.word_matrix import word_matrix
from helpers.vocabulary import EncodedCorpus
from helpers.windows import skipgram_pairs

SENTENCES = [[0, 1, 2, 0], [3], [], [4, 4, 1], [2, 3, 4, 0, 1, 2]] * 6


def encode(sentences):
    tokens = np.array([word for sentence in sentences for word in sentence], dtype=np.int32)
    return EncodedCorpus(tokens, np.append(0, np.cumsum([len(s) for s in sentences])))


@pytest.fixture
def corpus():
    return encode(SENTENCES)


def text(corpus):
    return [corpus[s].tolist() for s in range(len(corpus))]


def test_parts_lie_in_each_other(corpus):
    small, large = (some_sentences(corpus, share, seed=3) for share in (0.2, 0.7))
    assert (len(small), len(large)) == (6, 21)
    rest = text(large)
    for sentence in text(small):
        rest.remove(sentence)
    assert text(some_sentences(corpus, 1)) == SENTENCES
    assert text(some_sentences(corpus, 0.2, seed=4)) != text(small)


@pytest.mark.parametrize("share", [0, -1, 1.01, float("nan")])
def test_shares_that_cannot_be(corpus, share):
    with pytest.raises(ValueError, match="share must be above 0"):
        some_sentences(corpus, share)


def test_growth_counts_pairs_and_cells(corpus):
    growth = grow(corpus, 5, 2, [0.1, 1], seed=2)
    for row, share in enumerate([0.1, 1]):
        part = text(some_sentences(corpus, share, seed=2))
        pairs = [pair for sentence in part for pair in skipgram_pairs(sentence, 2)]
        assert growth.tokens[row] == sum(map(len, part))
        assert growth.pairs[row] == len(pairs)
        assert growth.cells[row] == len(set(pairs))


def test_exponents_of_a_power():
    tokens = np.array([10, 1_000, 100_000])
    growth = Growth(tokens, tokens, np.round(7 * tokens**0.5))
    assert growth.exponent == pytest.approx(0.5, abs=0.01)
    assert growth.local_exponents == pytest.approx([0.5, 0.5], abs=0.02)


def test_the_kernel_is_the_exercise():
    for case in COOC.cases(5):
        sentences, window = case.args
        cells = cooccurrences(encode(sentences), 40, window, weighting="harmonic").tocoo()
        counted = dict(zip(zip(*map(np.ndarray.tolist, cells.coords), strict=True), cells.data,
                           strict=True))  # fmt: skip
        assert COOC.compare(counted, COOC.oracle(*case.args)) is None, case.name


def table():
    return {"log": np.array([[1.0, np.nan], [np.nan, 2.0]]), "signed": np.array([[-3, 1], [1, 2]])}


def test_a_matrix_shows_every_layer():
    interactive, static = word_matrix(table(), ["ox", "oak"], ["animals", "plants"], ["signed"])
    first, second = interactive.data
    assert isinstance(first, go.Heatmap) and first.visible and not second.visible
    assert [list(row) for row in first.z] == [[1.0, None], [None, 2.0]]
    assert second.zmid == 0 and first.zmid is None
    assert [b.label for b in interactive.layout.updatemenus[0].buttons] == ["log", "signed"]
    left, right = (ax for ax in static.axes if ax.images)
    assert right.images[0].norm.vcenter == 0 and right.images[0].norm.vmax == 3
    assert [label.get_text() for label in left.get_yticklabels()] == ["animals", "plants"]


@pytest.mark.parametrize(
    ("layers", "words", "centred", "line"),
    [
        ({}, ["ox"], [], "at least one layer"),
        (table(), ["ox"], [], r"shape \(1, 1\)"),
        (table(), ["ox", "oak"], ["other"], "names no layer: other"),
    ],
)
def test_matrices_that_cannot_be(layers, words, centred, line):
    with pytest.raises(ValueError, match=line):
        word_matrix(layers, words, words, centred)
