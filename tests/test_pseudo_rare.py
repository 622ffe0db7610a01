import numpy as np
import pytest
from scipy.sparse import csr_array

from helpers.cooccurrence import cooccurrences
from helpers.glove import train_glove, weighting
from helpers.pseudo_rare import never_drawn, unseen_share, with_unseen
from helpers.vocabulary import Vocabulary, noise_distribution
from helpers.word2vec import train_skipgram


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(3)
    sentences = [[f"w{i}" for i in rng.zipf(1.4, size=8) if i < 60] for _ in range(800)]
    vocabulary = Vocabulary.build(sentences, min_count=2)
    return vocabulary, vocabulary.encode(sentences)


def test_never_drawn_words_keep_their_outputs_free_of_pushes(world):
    vocabulary, encoded = world
    ghosts = Vocabulary([*vocabulary.words, "ghost", "shade"], [*vocabulary.counts, 50, 50])
    silent = never_drawn(ghosts, [ghosts.index["shade"]])
    assert silent.counts[ghosts.index["shade"]] == 0 and ghosts.counts[-1] == 50
    start = train_skipgram(encoded, silent, dim=8, epochs=0, progress=False)
    model = train_skipgram(encoded, silent, dim=8, epochs=3, progress=False)
    drawn, left_out = (ghosts.index[word] for word in ("ghost", "shade"))
    for word in (drawn, left_out):  # Neither occurs: no v moves.
        assert (model.vectors[word] == start.vectors[word]).all()
    assert (model.context_vectors[left_out] == 0).all()
    assert np.linalg.norm(model.context_vectors[drawn]) > 0.1


def test_never_drawn_refuses_nonsense(world):
    vocabulary, _ = world
    with pytest.raises(ValueError, match="between 0 and"):
        never_drawn(vocabulary, [len(vocabulary)])
    with pytest.raises(ValueError, match="name fewer"):
        never_drawn(vocabulary, range(len(vocabulary)))


def test_unseen_share_is_one_minus_the_noise_of_the_row():
    counts = csr_array(np.array([[2.0, 0, 1], [0, 0, 0], [1, 1, 1]]))
    assert np.allclose(unseen_share(counts, [0.5, 0.3, 0.2]), [0.3, 1, 0])


def test_with_unseen_keeps_the_old_cells_and_adds_only_new_ones(world):
    vocabulary, encoded = world
    counts = cooccurrences(encoded, len(vocabulary), 2, "harmonic")
    merged, weights = with_unseen(counts, vocabulary.counts, per_cell=3, value=0.04, weight=0.2)
    dense, before = merged.toarray(), counts.toarray()
    added = (before == 0) & (dense > 0)
    assert (dense[before > 0] == before[before > 0]).all()
    assert np.allclose(dense[added], 0.04) and added.sum() == merged.nnz - counts.nnz > 0
    assert (np.diff(merged.indices) > 0).sum() >= merged.nnz - len(vocabulary)
    by_cell = csr_array((weights, merged.indices, merged.indptr), shape=merged.shape).toarray()
    assert np.allclose(by_cell[added], 0.2)
    assert np.allclose(by_cell[before > 0], weighting(before[before > 0]), rtol=1e-6)
    again = with_unseen(counts, vocabulary.counts, per_cell=3, value=0.04, weight=0.2)
    assert (again[0] != merged).nnz == 0 and (again[1] == weights).all()
    model = train_glove(
        merged, vocabulary, dim=4, epochs=2, weights=weights, threads=1, progress=False
    )
    assert np.isfinite(model.vectors).all()


def test_unseen_contexts_follow_the_noise():
    words = Vocabulary(["a", "b", "c", "d"], [8, 80, 8, 8])
    counts = csr_array(np.array([[1.0, 0, 0, 0]] * 4))
    hits = np.zeros(4)
    for seed in range(400):
        merged, _ = with_unseen(counts, words.counts, per_cell=1, seed=seed)
        hits += (merged.toarray() == np.float32(0.03)).sum(axis=0)
    shares = hits / 1600
    assert hits[0] == 0 and np.allclose(shares[1:], noise_distribution(words.counts)[1:], atol=0.04)


@pytest.mark.parametrize(
    ("wrong", "words", "message"),
    [
        ({"per_cell": 0}, 3, "at least 1"),
        ({"value": 0.0}, 3, "positive"),
        ({"weight": -1.0}, 3, "positive"),
        ({}, 4, "need a square"),
    ],
)
def test_with_unseen_refuses_nonsense(wrong, words, message):
    with pytest.raises(ValueError, match=message):
        with_unseen(csr_array(np.eye(3)), np.ones(words), **wrong)


def test_with_unseen_refuses_an_empty_table():
    with pytest.raises(ValueError, match="must have cells"):
        with_unseen(csr_array((3, 3)), np.ones(3))
