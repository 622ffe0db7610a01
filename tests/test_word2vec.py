import numpy as np
import pytest
from numba import njit

from helpers import word2vec_training
from helpers._simd import LANES, load, store
from helpers.vocabulary import EncodedCorpus, Vocabulary
from helpers.word2vec import (
    Word2Vec,
    keep_table,
    naive_cbow_epoch,
    naive_sgns_epoch,
    noise_table,
    train_cbow,
    train_skipgram,
)
from helpers.word2vec_kernels import random32, sigmoid
from helpers.word2vec_naive import naive_window

TRAINERS = {"skipgram": train_skipgram, "cbow": train_cbow}
OPTIONS = [
    {},
    {"window": 1},
    {"negatives": 1},
    {"negatives": 13, "lr": 3e-4, "min_lr": 0},
    {"dim": 1},
    {"dim": 37},
    {"dim": 32, "shrink_window": False},
    {"sample": 0, "window": 8},
    {"schedule": "constant"},
]


def toy(seed=0, n_sentences=120, n_words=9, longest=12):
    rng = np.random.default_rng(seed)
    sentences = [
        [f"w{i}" for i in rng.integers(n_words, size=rng.integers(0, longest))]
        for _ in range(n_sentences)
    ]
    vocabulary = Vocabulary.build(sentences, min_count=1)
    return vocabulary.encode(sentences), vocabulary


def topics(seed=0):
    rng = np.random.default_rng(seed)
    return [
        [f"{'ab'[topic]}{i}" for i in rng.integers(8, size=8)]
        for topic in rng.integers(2, size=1500)
    ]


def starts(vocabulary, dim, seed=5):
    rng = np.random.default_rng(seed)
    return [rng.normal(0, 0.5, (len(vocabulary), dim)).astype(np.float32) for _ in range(2)]


def generator(seed):
    return np.random.SeedSequence(seed).generate_state(1, np.uint64)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("variant", ["shared", "pairs", "cbow", "corrected"])
def test_fast_kernel_equals_the_plain_loops(variant, options):
    corpus, vocabulary = toy()
    settings = {"dim": 20, "lr": 0.05, "min_lr": 0.01, "sample": 0.05} | options
    cbow = variant in ("cbow", "corrected")
    extra = (
        {"corrected": variant == "corrected"} if cbow else {"shared_negatives": variant == "shared"}
    )
    matrices = starts(vocabulary, settings["dim"])
    trainer = train_cbow if cbow else train_skipgram
    model = trainer(
        corpus, vocabulary, init=matrices, epochs=1, seed=3, progress=False, **settings, **extra
    )
    v, u = (m.astype(np.float64) for m in matrices)
    names = ("window", "negatives", "shrink_window")
    (naive_cbow_epoch if cbow else naive_sgns_epoch)(
        v, u, corpus, keep_table(vocabulary.counts, settings["sample"]),
        noise_table(vocabulary.counts), generator(3), lr_first=settings["lr"],
        lr_last=settings["lr" if settings.get("schedule") else "min_lr"],
        **{name: settings[name] for name in names if name in settings}, **extra,
    )  # fmt: skip
    assert np.abs(v - matrices[0]).max() > settings["lr"]
    np.testing.assert_allclose(model.vectors, v, rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(model.context_vectors, u, rtol=2e-4, atol=2e-5)


def window_loss(v, u, inputs, targets, counted, mean):
    hidden = v[inputs].mean(axis=0, keepdims=True) if mean else v[inputs]
    sign = np.where(np.arange(len(targets)) == 0, 1, -1)
    return (np.logaddexp(0, -sign * (hidden @ u[targets].T)) * counted).sum()


@pytest.mark.parametrize("mean", [False, True])
def test_plain_step_is_the_gradient_of_the_loss(mean):
    rng = np.random.default_rng(1)
    v, u = rng.normal(size=(2, 6, 4))
    inputs, targets = np.array([1, 4, 1, 5]), np.array([0, 3, 0, 2, 3])
    counted = np.array([1, 1, 0, 1, 1.0])
    lr = 1e-3
    new = [v.copy(), u.copy()]
    naive_window(new[0], inputs, new[1], targets, lr * counted, mean, True)
    for which, matrix in enumerate((v, u)):
        for place in np.ndindex(matrix.shape):
            kept, eps = matrix[place], 1e-6
            ends = []
            for change in (eps, -eps):
                matrix[place] = kept + change
                ends.append(window_loss(v, u, inputs, targets, counted, mean))
            matrix[place] = kept
            slope = (ends[0] - ends[1]) / (2 * eps)
            assert new[which][place] == pytest.approx(kept - lr * slope, abs=1e-10)


def test_uncorrected_cbow_is_not_the_gradient():
    rng = np.random.default_rng(1)
    v, u = rng.normal(size=(2, 6, 4))
    changes = []
    for corrected in (False, True):
        new = v.copy()
        naive_window(new, np.array([1, 2]), u.copy(), np.array([0, 3]), np.ones(2), True, corrected)
        changes.append((new - v)[1:3])
    np.testing.assert_allclose(changes[0], 2 * changes[1])


@njit
def sigmoids(x, out):
    for i in range(0, x.size, LANES):
        store(out, i, sigmoid(load(x, i)))


def test_sigmoid():
    x = np.linspace(-30, 30, 16 * 200).astype(np.float32)
    out = np.empty_like(x)
    sigmoids(x, out)
    assert np.abs(out - 1 / (1 + np.exp(-x.astype(np.float64)))).max() < 6e-6
    assert (np.diff(out) >= -1e-6).all() and out[0] == 0 and out[-1] == 1


def test_random_numbers_are_even():
    state = generator(0)
    draws = np.array([random32(state) for _ in range(20_000)], dtype=np.float64) / 2**32
    assert abs(draws.mean() - 0.5) < 0.01 and draws.max() < 1
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.02


@pytest.mark.parametrize("trainer", TRAINERS.values(), ids=TRAINERS)
def test_same_seed_same_bits(trainer):
    corpus, vocabulary = toy()
    runs = [trainer(corpus, vocabulary, dim=10, seed=s, progress=False) for s in (1, 1, 2)]
    assert (runs[0].vectors == runs[1].vectors).all()
    assert (runs[0].context_vectors == runs[1].context_vectors).all()
    assert runs[0].history == runs[1].history
    assert not (runs[0].vectors == runs[2].vectors).all()


@pytest.mark.parametrize("trainer", TRAINERS.values(), ids=TRAINERS)
@pytest.mark.parametrize("threads", [1, 2])
def test_two_topics_separate_and_the_loss_falls(trainer, threads, monkeypatch):
    monkeypatch.setattr(word2vec_training, "CHUNK_TOKENS", 2000)
    sentences = topics()
    vocabulary = Vocabulary.build(sentences)
    model = trainer(
        vocabulary.encode(sentences), vocabulary, dim=16, epochs=8, lr=0.05, sample=0,
        threads=threads, progress=False,
    )  # fmt: skip
    losses = [entry["loss"] for entry in model.history]
    assert losses[0] == pytest.approx(6 * np.log(2), rel=0.1) and losses[-1] < losses[0] - 0.5
    for word in ("a0", "b5"):
        assert {w[0] for w, _ in model.most_similar(word, 5)} == {word[0]}


def test_history_callback_and_snapshots():
    corpus, vocabulary = toy()
    seen = []

    def callback(epoch, model):
        seen.append(epoch)
        return {"double": 2 * epoch}

    words = ["w1", "w3"]
    model = train_skipgram(
        corpus, vocabulary, dim=8, epochs=3, callback=callback, progress=False, snapshots=7,
        snapshot_words=words,
    )  # fmt: skip
    assert seen == [0, 1, 2, 3] == [entry["epoch"] for entry in model.history]
    assert [entry["double"] for entry in model.history] == [0, 2, 4, 6]
    assert [entry["words"] for entry in model.history] == [e * corpus.n_tokens for e in seen]
    assert model.history[0]["lr"] == 0.025 and model.history[-1]["lr"] == pytest.approx(1e-4)
    assert model.history[0]["grad_norm"] == 0 < model.history[-1]["grad_norm"]
    shots = model.snapshots
    assert shots["vectors"].shape == (7, 2, 8) and shots["words"] == words
    np.testing.assert_allclose(shots["progress"], np.linspace(0, 1, 7), atol=0.03)
    assert (shots["vectors"][-1] == [model.vector(word) for word in words]).all()


def test_init():
    corpus, vocabulary = toy()
    model = train_skipgram(corpus, vocabulary, dim=8, epochs=0, progress=False)
    assert np.abs(model.vectors).max() <= 1 / 16 and not model.context_vectors.any()
    model = train_skipgram(corpus, vocabulary, dim=800, epochs=0, init=0.1, progress=False)
    assert model.context_vectors.std() == pytest.approx(0.1, rel=0.05)
    with pytest.raises(ValueError, match="init"):
        train_skipgram(corpus, vocabulary, dim=8, init=np.zeros((3, 8)), progress=False)


def test_save_and_load(tmp_path):
    corpus, vocabulary = toy()
    model = train_cbow(corpus, vocabulary, dim=5, epochs=1, progress=False)
    path = model.save(tmp_path / "model")
    again = Word2Vec.load(path)
    assert (again.vectors == model.vectors).all() and again.vectors.dtype == np.float32
    assert (again.context_vectors == model.context_vectors).all()
    assert again.vocabulary.words == vocabulary.words
    assert (again.vocabulary.counts == vocabulary.counts).all()
    assert again.settings == model.settings and again.history == model.history
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]
    (tmp_path / "junk.npz").write_text("junk")
    for name in ("junk.npz", "missing.npz"):
        with pytest.raises(ValueError, match=name):
            Word2Vec.load(tmp_path / name)


def test_most_similar_and_words():
    vocabulary = Vocabulary(["a", "b", "c", "d"], np.arange(4, 0, -1))
    vectors = np.array([[1, 0], [1, 0.1], [0, 2], [0, 0]], dtype=np.float32)
    model = Word2Vec(vocabulary, vectors, vectors)
    assert [w for w, _ in model.most_similar("a")] == ["b", "c", "d"]
    assert [w for w, _ in model.most_similar("a", exclude=["b"])] == ["c", "d"]
    assert model.most_similar([0, 1], k=1) == [("c", 1.0)]
    assert model.most_similar("d", k=1)[0][1] == 0
    assert "a" in model and "x" not in model
    np.testing.assert_allclose(np.linalg.norm(model.unit_vectors(), axis=1), [1, 1, 1, 0])
    for bad in ({"query": "x"}, {"query": [1, 2, 3]}, {"query": "a", "k": 0}):
        with pytest.raises(ValueError):
            model.most_similar(**bad)


@pytest.mark.parametrize("trainer", TRAINERS.values(), ids=TRAINERS)
def test_one_word_sentences_teach_nothing(trainer):
    sentences = [["a"], ["b"], []]
    vocabulary = Vocabulary.build(sentences, min_count=1)
    corpus = vocabulary.encode(sentences)
    before = trainer(corpus, vocabulary, dim=4, epochs=0, progress=False)
    after = trainer(corpus, vocabulary, dim=4, epochs=2, sample=0, progress=False)
    assert (before.vectors == after.vectors).all() and np.isnan(after.history[-1]["loss"])


def test_long_sentences_are_cut():
    rng = np.random.default_rng(0)
    tokens = rng.integers(5, size=25_003).astype(np.int32)
    vocabulary = Vocabulary(list("abcde"), np.bincount(tokens, minlength=5))
    corpus = EncodedCorpus(tokens, np.array([0, 2, 25_003]))
    assert word2vec_training.check_corpus(corpus, vocabulary).offsets.tolist() == [
        0, 2, 10_002, 20_002, 25_003,
    ]  # fmt: skip
    assert np.isfinite(train_skipgram(corpus, vocabulary, dim=4, progress=False).vectors).all()


@pytest.mark.parametrize(
    "bad, said",
    [
        ({"dim": 0}, "dim"), ({"window": 0}, "window"), ({"negatives": 0}, "negatives"),
        ({"epochs": -1}, "epochs"), ({"lr": 0}, "lr"), ({"min_lr": 1}, "min_lr"),
        ({"schedule": "cosine"}, "schedule"), ({"threads": 0}, "threads"),
        ({"sample": -1}, "sample"), ({"snapshot_words": ["no"]}, "'no'"), ({"dim": 2.5}, "dim"),
    ],
)  # fmt: skip
def test_bad_settings(bad, said):
    corpus, vocabulary = toy()
    with pytest.raises(ValueError, match=said):
        train_skipgram(corpus, vocabulary, progress=False, **bad)


def test_bad_corpora():
    corpus, vocabulary = toy()
    empty = vocabulary.encode([["nothing"], []])
    single = Vocabulary(["a"], np.array([3]))
    cases = [
        (empty, vocabulary, "empty"),
        (corpus, single, "2 different words"),
        (corpus, Vocabulary(["a", "b"], np.array([2, 1])), "encode it again"),
        ([["a", "b"]], vocabulary, "EncodedCorpus"),
    ]
    for bad, words, said in cases:
        with pytest.raises(ValueError, match=said):
            train_skipgram(bad, words, progress=False)
