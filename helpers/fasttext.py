"""fastText: skip-gram whose word vectors are made of character n-grams.

Bojanowski, Grave, Joulin & Mikolov (2017), "Enriching Word Vectors with Subword Information".
The n-grams, their hash (FNV-1a over signed bytes) and the mean over a word's row and its n-grams'
rows are those of the fastText program.
"""

import numpy as np

from helpers._simd import aligned_zeros
from helpers.fasttext_kernels import compose_words, fasttext_chunk, hash_ngrams
from helpers.vocabulary import EncodedCorpus, Vocabulary
from helpers.word2vec import Word2Vec, initial_matrices
from helpers.word2vec_training import (
    Probe,
    Settings,
    check_corpus,
    keep_table,
    noise_table,
    train,
)

__all__ = ["FastText", "fnv1a", "ngram_buckets", "ngrams", "train_fasttext"]


def ngrams(word: str, min_n: int = 3, max_n: int = 6) -> list[str]:
    """List the character n-grams of a word between the marks ``<`` and ``>``.

    Parameters
    ----------
    word : str
        The word, without marks.
    min_n, max_n : int
        Shortest and longest n-gram, marks included.

    Returns
    -------
    list of str
        Shorter ones first, then from left to right, with repetitions. The marks alone are no
        1-grams.
    """
    _check_lengths(min_n, max_n)
    marked = f"<{word}>"
    found = [marked[i : i + n] for n in range(min_n, max_n + 1) for i in range(len(marked) - n + 1)]
    return found if min_n > 1 else [gram for gram in found if gram not in ("<", ">")]


def fnv1a(text: str) -> int:
    """Hash a string to 32 bits as fastText does.

    FNV-1a over the UTF-8 bytes, each taken as a signed 8-bit number (which matters only outside
    ASCII).
    """
    value = 2166136261
    for byte in text.encode("utf-8"):
        signed = byte | 0xFFFFFF00 if byte > 127 else byte
        value = (value ^ signed) * 16777619 & 0xFFFFFFFF
    return value


def ngram_buckets(word: str, min_n: int = 3, max_n: int = 6, buckets: int = 200_000) -> np.ndarray:
    """Bucket numbers of a word's n-grams: (n_ngrams,) int32, in the order of :func:`ngrams`."""
    hashes = [fnv1a(gram) % buckets for gram in ngrams(word, min_n, max_n)]
    return np.array(hashes, dtype=np.int32)


def _check_lengths(min_n, max_n):
    if not 1 <= min_n <= max_n:
        raise ValueError(f"n-gram lengths must satisfy 1 <= min_n <= max_n, not {min_n}, {max_n}.")


class FastText(Word2Vec):
    """A :class:`Word2Vec` that also has a vector for words it never saw.

    Attributes
    ----------
    vectors : ndarray (V, d), float32
        Composed vectors of the vocabulary.
    word_matrix : ndarray (V, d), float32
        The words' own rows.
    ngram_vectors : ndarray (buckets, d), float32
        The n-grams' rows; several n-grams may share one.
    """

    def __init__(self, vocabulary, vectors, context_vectors, settings, word_matrix, ngram_vectors):
        super().__init__(vocabulary, vectors, context_vectors, settings)
        self.word_matrix, self.ngram_vectors = word_matrix, ngram_vectors

    def vector(self, word: str) -> np.ndarray:
        """Vector of any word: (d,) float32.

        An unseen word gets the mean of its n-grams' rows, whether these were trained or not; a
        word without n-grams (shorter than `min_n` - 2 letters) gets zeros.
        """
        if word in self.vocabulary:
            return self.vectors[self.vocabulary.index[word]]
        names = ("min_n", "max_n", "buckets")
        grams = ngram_buckets(word, *(self.settings[name] for name in names))
        if len(grams) == 0:
            return np.zeros(self.vectors.shape[1], dtype=np.float32)
        return self.ngram_vectors[grams].mean(axis=0)

    def _arrays(self):
        extra = {"word_matrix": self.word_matrix, "ngram_vectors": self.ngram_vectors}
        return super()._arrays() | extra

    @classmethod
    def _from_arrays(cls, vocabulary, arrays, settings):
        names = ("word_matrix", "ngram_vectors")
        matrices = (arrays["vectors"], arrays["context_vectors"])
        return cls(vocabulary, *matrices, settings, *(arrays[name] for name in names))


def train_fasttext(
    corpus: EncodedCorpus, vocabulary: Vocabulary, *, min_n=3, max_n=6, buckets=200_000, dim=100,
    window=5, negatives=5, epochs=5, lr=0.025, min_lr=1e-4, schedule="linear", sample=1e-3,
    noise_power=0.75, shared_negatives=True, shrink_window=True, threads=1, seed=1,
    callback=None, progress=True, heldout=None, snapshots=0, snapshot_words=None,
) -> FastText:  # fmt: skip
    """Train skip-gram with subword information.

    Parameters
    ----------
    corpus, vocabulary
        As in :func:`helpers.word2vec.train_skipgram`, as are all parameters not named here.
    min_n, max_n : int
        Shortest and longest n-gram, in characters, marks included.
    buckets : int
        Rows for n-grams; their hashes are taken modulo this number.

    Returns
    -------
    FastText

    Raises
    ------
    ValueError
        As :func:`helpers.word2vec.train_skipgram`, and for senseless n-gram settings.
    """
    settings = Settings(
        dim, window, negatives, epochs, lr, min_lr, schedule, sample, noise_power,
        shrink_window, threads, seed,
    )  # fmt: skip
    _check_lengths(min_n, max_n)
    if buckets < 1:
        raise ValueError(f"buckets must be at least 1, not {buckets}.")
    corpus = check_corpus(corpus, vocabulary)
    probed = corpus if heldout is None else check_corpus(heldout, vocabulary)
    words, contexts = initial_matrices(None, len(vocabulary), dim, seed)
    subwords = initial_matrices(None, buckets, dim, seed + 1)[0]
    stride = words.shape[1]
    used, parts, part_offsets = _parts_of(vocabulary.words, min_n, max_n, buckets)
    matrix = aligned_zeros(len(used), stride)
    is_word = used < len(vocabulary)
    matrix[is_word], matrix[~is_word] = words, subwords[used[~is_word] - len(vocabulary)]
    everything = np.arange(len(vocabulary))
    composed = aligned_zeros(len(vocabulary), stride)
    recorded = {"model": "fasttext", **vars(settings), "shared_negatives": bool(shared_negatives)}
    recorded |= {"min_n": min_n, "max_n": max_n, "buckets": buckets}
    views = (part[:, :dim] for part in (composed, contexts))
    model = FastText(vocabulary, *views, recorded, words[:, :dim], subwords[:, :dim])
    keep = keep_table(vocabulary.counts, sample)
    table = noise_table(vocabulary.counts, noise_power)

    def chunk(first, last, lr_first, lr_last, state):
        fasttext_chunk(
            matrix.reshape(-1), parts, part_offsets, contexts.reshape(-1), stride, corpus.tokens,
            corpus.offsets, first, last, keep, table, window, negatives, shrink_window,
            bool(shared_negatives), lr_first, lr_last, state,
        )  # fmt: skip

    def refresh():
        words[:], subwords[used[~is_word] - len(vocabulary)] = matrix[is_word], matrix[~is_word]
        compose_words(
            everything, len(everything), matrix.reshape(-1), parts, part_offsets, stride,
            composed.reshape(-1),
        )  # fmt: skip

    probe = Probe(probed, vocabulary.counts, settings, whole_window=False)
    train(
        model, corpus, settings, chunk, probe, refresh, callback, progress, snapshots,
        snapshot_words, "Training fastText",
    )  # fmt: skip
    return model


def _grams_of(words, min_n, max_n, buckets):
    """N-grams' buckets of all words, one after another, and where each word's begin."""
    marked = [f"<{word}>".encode() for word in words]
    starts = np.zeros(len(words) + 1, dtype=np.int64)
    np.cumsum([len(word) for word in marked], out=starts[1:])
    text = np.frombuffer(b"".join(marked), dtype=np.uint8)
    return hash_ngrams(text, starts, min_n, max_n, buckets)


def _parts_of(words, min_n, max_n, buckets):
    """Rows that each word is made of, in a matrix of all rows that any word needs.

    Rows stand in the order in which the words, frequent ones first, need them: a word's own row,
    then those of its n-grams that no word before it has. So most of what a word needs lies in
    one run, and the frequent words' rows lie close together.

    Returns
    -------
    used : ndarray (n_rows,), int64
        What each row is: word `used` (in order), or for ``used >= V`` bucket ``used - V``.
    parts : ndarray, int32
        Row numbers, one word after another.
    offsets : ndarray (V + 1,), int64
        Those of word w are ``parts[offsets[w] : offsets[w + 1]]``.
    """
    grams, gram_offsets = _grams_of(words, min_n, max_n, buckets)
    own = np.arange(len(words))
    names = np.insert(grams + len(own), gram_offsets[:-1], own)
    used, first_seen, place = np.unique(names, return_index=True, return_inverse=True)
    order = np.argsort(first_seen)
    offsets = gram_offsets + np.arange(len(own) + 1)
    return used[order], np.argsort(order)[place].astype(np.int32), offsets
