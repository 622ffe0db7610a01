"""Cutting long documents into chunks, and how much of an answer a context of chunks holds.

Places are counted in words: chunk [start, end) of a document holds its words start to end - 1. So
what a chunk covers can be compared exactly with where the answer stands.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from helpers.data.retrieval import RetrievalSet
from helpers.data.text import split_sentences

__all__ = [
    "Chunk",
    "LongDocument",
    "coverage",
    "fill_budget",
    "fixed_chunks",
    "join_pages",
    "page_chunks",
    "sentence_chunks",
    "with_parents",
]


class LongDocument(NamedTuple):
    """Pages that were joined to one text.

    Attributes
    ----------
    name : str
        What the pages have in common.
    words : list of str
        The words of all pages, one after the other.
    pages : dict of int to (int, int)
        Row of each page in the retrieval set, and its [start, end) in `words`.
    """

    name: str
    words: list[str]
    pages: dict[int, tuple[int, int]]


class Chunk(NamedTuple):
    """A stretch of a long document.

    Attributes
    ----------
    document, start, end : int
        Number of the document, and the words [start, end) of it.
    text : str
        These words.
    """

    document: int
    start: int
    end: int
    text: str


def join_pages(retrieval: RetrievalSet, categories: Sequence[str]) -> list[LongDocument]:
    """Join the pages of each category to one long document, in the order of the set.

    Raises
    ------
    ValueError
        If a category has no page.
    """
    joined = []
    for category in categories:
        words: list[str] = []
        pages: dict[int, tuple[int, int]] = {}
        for row, document in enumerate(retrieval.documents):
            if document.category == category:
                start = len(words)
                words += document.content.split()
                pages[row] = start, len(words)
        if not pages:
            raise ValueError(f"no page has the category {category!r}.")
        joined.append(LongDocument(category, words, pages))
    return joined


def fixed_chunks(documents: Sequence[LongDocument], size: int, overlap: int = 0) -> list[Chunk]:
    """Cut every `size` words, each chunk beginning with the last `overlap` words of the one before.

    Parameters
    ----------
    documents : sequence of LongDocument
        What to cut.
    size, overlap : int
        In words.

    Returns
    -------
    list of Chunk
        In reading order; the last of a document may be shorter. No chunk lies inside the one
        before it.

    Raises
    ------
    ValueError
        If `size` is less than 1, or `overlap` is not in [0, size).
    """
    if size < 1 or not 0 <= overlap < size:
        raise ValueError(
            f"size must be 1 or more and overlap 0 to size - 1, not {size}, {overlap}."
        )
    chunks = []
    for number, document in enumerate(documents):
        last = max(1, len(document.words) - overlap)
        for start in range(0, last, size - overlap):
            chunks.append(_chunk(number, document, start, start + size))
    return chunks


def page_chunks(documents: Sequence[LongDocument]) -> list[Chunk]:
    """Cut where a page (a paragraph with its heading) ends."""
    return [
        _chunk(number, document, *span)
        for number, document in enumerate(documents)
        for span in document.pages.values()
    ]


def sentence_chunks(documents: Sequence[LongDocument]) -> list[Chunk]:
    """Cut each page into its sentences."""
    chunks = []
    for number, document in enumerate(documents):
        for start, end in document.pages.values():
            for sentence in split_sentences(" ".join(document.words[start:end])):
                length = len(sentence.split())
                chunks.append(_chunk(number, document, start, start + length))
                start += length
    return chunks


def with_parents(chunks: Iterable[Chunk], parents: Sequence[Chunk]) -> list[Chunk]:
    """Replace small chunks by the larger ones that hold them, each once, in the order given.

    Raises
    ------
    ValueError
        If a chunk lies in no parent.
    """
    found: dict[Chunk, None] = {}
    for chunk in chunks:
        for parent in parents:
            if (
                parent.document == chunk.document
                and parent.start <= chunk.start
                and chunk.end <= parent.end
            ):
                found[parent] = None
                break
        else:
            raise ValueError(f"no parent holds the words {chunk.start} to {chunk.end}.")
    return list(found)


def fill_budget(chunks: Iterable[Chunk], words: int) -> list[Chunk]:
    """Take chunks, best first, until the budget of words is spent; the last one is cut to fit.

    Words that stand in two overlapping chunks count twice: a generator would read them twice.
    """
    taken = []
    for chunk in chunks:
        if words <= 0:
            break
        kept = chunk.text.split()[:words]
        taken.append(Chunk(chunk.document, chunk.start, chunk.start + len(kept), " ".join(kept)))
        words -= len(kept)
    return taken


def coverage(chunks: Iterable[Chunk], document: int, span: tuple[int, int]) -> float:
    """Return the share of the words [start, end) of a document that stand in some chunk."""
    start, end = span
    held: set[int] = set()
    for chunk in chunks:
        if chunk.document == document:
            held |= set(range(max(start, chunk.start), min(end, chunk.end)))
    return len(held) / (end - start)


def _chunk(number: int, document: LongDocument, start: int, end: int) -> Chunk:
    end = min(end, len(document.words))
    return Chunk(number, start, end, " ".join(document.words[start:end]))
