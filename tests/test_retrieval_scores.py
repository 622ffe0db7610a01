"""Tables of scores and sums of word vectors."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from helpers import data
from helpers.retrieval_scores import score_tables, summed_words


def test_tables_are_those_of_scipy():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(4, 3)), rng.normal(size=(6, 3))
    b[2] = 0
    tables = score_tables(a, b)
    assert np.allclose(tables["dot"], a @ b.T)
    assert np.allclose(tables["euclid"], -cdist(a, b, "sqeuclidean"))
    assert np.allclose(
        np.delete(tables["cosine"], 2, 1), 1 - cdist(a, np.delete(b, 2, 0), "cosine")
    )
    assert (tables["cosine"][:, 2] == 0).all()
    with pytest.raises(ValueError, match="same width"):
        score_tables(a, b[:, :2])


def test_sums_of_words():
    words, vectors = data.pretrained_glove()
    row = {word: number for number, word in enumerate(words[:50_000])}
    expected = np.asarray(vectors[row["king"]], float) + np.asarray(vectors[row["queen"]], float)
    sums = summed_words(["King queen qqqzzzx", "qqqzzzx"])
    assert np.allclose(sums[0], expected) and not sums[1].any()
