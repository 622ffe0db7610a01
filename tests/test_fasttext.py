import numpy as np
import pytest

from helpers.fasttext import FastText, fnv1a, ngram_buckets, ngrams, train_fasttext
from helpers.fasttext_kernels import BLOCK, block_size, hash_ngrams
from helpers.vocabulary import Vocabulary
from helpers.word2vec import keep_table, noise_table
from helpers.word2vec_kernels import draw, subsample, window_bounds
from helpers.word2vec_naive import naive_window

WORDS = ["cat", "a", "naïve", "日本語x", "unbelievable", "o'er"]


def test_ngrams():
    assert ngrams("cat", 3, 4) == ["<ca", "cat", "at>", "<cat", "cat>"]
    assert len(ngrams("unbelievable", 3, 3)) == 12
    assert len(set(ngrams("believable", 3, 3)) & set(ngrams("beleivable", 3, 3))) == 6
    assert ngrams("a", 1, 3) == ["a", "<a", "a>", "<a>"] and ngrams("a", 4, 6) == []
    for bad in ((0, 3), (4, 3)):
        with pytest.raises(ValueError, match="min_n"):
            ngrams("cat", *bad)


def test_fnv1a_against_published_values_and_gensim():
    assert fnv1a("") == 0x811C9DC5 and fnv1a("a") == 0xE40C292C and fnv1a("foobar") == 0xBF9CF968
    from gensim.models.fasttext_inner import compute_ngrams_bytes, ft_hash_bytes

    for word in WORDS:
        assert sorted(ft_hash_bytes(gram) for gram in compute_ngrams_bytes(word, 3, 6)) == sorted(
            fnv1a(gram) for gram in ngrams(word, 3, 6)
        )


@pytest.mark.parametrize("lengths", [(1, 6), (3, 3), (2, 4)])
def test_compiled_hashes_equal_the_plain_ones(lengths):
    marked = [f"<{word}>".encode() for word in WORDS]
    starts = np.cumsum([0] + [len(word) for word in marked])
    text = np.frombuffer(b"".join(marked), dtype=np.uint8)
    grams, offsets = hash_ngrams(text, starts, *lengths, 997)
    for w, word in enumerate(WORDS):
        assert grams[offsets[w] : offsets[w + 1]].tolist() == (
            ngram_buckets(word, *lengths, 997).tolist()
        )


def toy(seed=0, longest=150):
    rng = np.random.default_rng(seed)
    words = ["king", "kings", "queen", "queens", "a", "of"]
    sentences = [
        [words[i] for i in rng.integers(len(words), size=rng.integers(0, longest))]
        for _ in range(20)
    ]
    vocabulary = Vocabulary.build(sentences, min_count=1)
    return vocabulary.encode(sentences), vocabulary


@pytest.mark.parametrize("shared", [True, False])
def test_one_epoch_equals_plain_loops_over_blocks(shared):
    corpus, vocabulary = toy()
    settings = {"dim": 20, "buckets": 31, "seed": 3, "lr": 0.05, "schedule": "constant",
                "sample": 0.1, "window": 3, "progress": False,
                "shared_negatives": shared}  # fmt: skip
    before = train_fasttext(corpus, vocabulary, epochs=0, **settings)
    after = train_fasttext(corpus, vocabulary, epochs=1, **settings)
    words, subwords, contexts = (
        m.astype(np.float64)
        for m in (before.word_matrix, before.ngram_vectors, before.context_vectors)
    )
    grams = [ngram_buckets(word, buckets=31) for word in vocabulary.words]
    keep, table = keep_table(vocabulary.counts, 0.1), noise_table(vocabulary.counts)
    state = np.random.SeedSequence(3).generate_state(1, np.uint64)
    kept, starts = np.zeros(corpus.n_tokens + 1, np.int32), [0]
    for s in range(len(corpus)):
        ends = corpus.offsets[s : s + 2]
        starts.append(starts[-1] + subsample(corpus.tokens, *ends, keep, state, kept[starts[-1] :]))
    block = block_size(len(vocabulary))
    assert block == 16 < max(np.diff(starts)) and block_size(10**6) == BLOCK
    lr, window = np.float32(0.05), 3
    for begin in range(0, starts[-1], block):  # blocks run on over the ends of sentences
        old = np.array(
            [(words[w] + subwords[g].sum(0)) / (1 + len(g)) for w, g in enumerate(grams)]
        )
        new = old.copy()
        for i in range(begin, min(starts[-1], begin + block)):
            low = max(start for start in starts if start <= i)
            high = min(start for start in starts if start > i)
            start, stop = window_bounds(i - low, high - low, window, True, state)
            context = [kept[j] for j in range(low + start, low + stop) if j != i]
            context = np.array(context, dtype=np.int64)
            for group in [context] if shared else context[:, None]:
                targets = np.array([kept[i]] + [draw(table, state) for _ in range(5)])
                rates = np.where((targets == kept[i]) & (np.arange(6) > 0), 0, lr)
                if len(group):
                    naive_window(new, group, contexts, targets, rates, False, False)
        words += new - old
        for w, change in enumerate(new - old):
            np.add.at(subwords, grams[w], change)
    assert np.abs(words - before.word_matrix).max() > 0.01
    np.testing.assert_allclose(after.word_matrix, words, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(after.ngram_vectors, subwords, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(after.context_vectors, contexts, rtol=1e-3, atol=1e-5)


def test_vectors_of_seen_and_unseen_words(tmp_path):
    corpus, vocabulary = toy()
    model = train_fasttext(corpus, vocabulary, dim=12, buckets=500, epochs=2, progress=False)
    grams = ngram_buckets("king", buckets=500)
    parts = np.vstack([model.word_matrix[vocabulary.index["king"]], model.ngram_vectors[grams]])
    np.testing.assert_allclose(model.vector("king"), parts.mean(axis=0), atol=1e-6)
    unseen = model.ngram_vectors[ngram_buckets("kingly", buckets=500)].mean(axis=0)
    np.testing.assert_allclose(model.vector("kingly"), unseen)
    assert not model.vector("").any() and "kingly" not in model
    again = FastText.load(model.save(tmp_path / "fasttext.npz"))
    assert (again.vector("kingly") == model.vector("kingly")).all()
    assert again.ngram_vectors.shape == (500, 12) and again.history == model.history
    assert [w for w, _ in again.most_similar("king", 2)] == [
        w for w, _ in model.most_similar("king", 2)
    ]


def test_same_seed_same_bits_and_spelling_counts():
    rng = np.random.default_rng(0)
    stems = [["walk", "walks", "walked"], ["eat", "eats", "eater"]]
    sentences = [[stems[t][i] for i in rng.integers(3, size=8)] for t in rng.integers(2, size=800)]
    vocabulary = Vocabulary.build(sentences)
    corpus = vocabulary.encode(sentences)
    options = {"dim": 16, "epochs": 5, "buckets": 1000, "sample": 0, "progress": False}
    one, two = (train_fasttext(corpus, vocabulary, **options) for _ in range(2))
    assert (one.vectors == two.vectors).all() and one.history == two.history
    assert one.history[-1]["loss"] < one.history[0]["loss"] - 0.3
    near = [word for word, _ in one.most_similar(one.vector("walkings"), 3)]
    assert set(near) == set(stems[0])


@pytest.mark.parametrize("bad", [{"min_n": 0}, {"min_n": 7}, {"buckets": 0}, {"dim": 0}])
def test_bad_settings(bad):
    corpus, vocabulary = toy()
    with pytest.raises(ValueError, match=next(iter(bad))):
        train_fasttext(corpus, vocabulary, progress=False, **bad)
