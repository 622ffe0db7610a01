"""Chunks: every word is in one, overlaps are exact, and coverage counts words once."""

import pytest

from helpers.chunking import (
    Chunk,
    LongDocument,
    coverage,
    fill_budget,
    fixed_chunks,
    join_pages,
    page_chunks,
    sentence_chunks,
    with_parents,
)
from helpers.data import retrieval_set


@pytest.fixture(scope="module")
def long():
    return join_pages(retrieval_set(), ("care", "returns"))


def test_join_pages(long):
    assert [document.name for document in long] == ["care", "returns"]
    pages = retrieval_set().documents
    for document in long:
        for row, (start, end) in document.pages.items():
            assert " ".join(document.words[start:end]) == pages[row].content
    with pytest.raises(ValueError, match="no page"):
        join_pages(retrieval_set(), ("boats",))


@pytest.mark.parametrize("size, overlap", [(1, 0), (7, 3), (50, 0), (50, 25), (5000, 10)])
def test_fixed_chunks(long, size, overlap):
    chunks = fixed_chunks(long, size, overlap)
    for number, document in enumerate(long):
        mine = [chunk for chunk in chunks if chunk.document == number]
        assert mine[0].start == 0 and mine[-1].end == len(document.words)
        for chunk, after in zip(mine, mine[1:], strict=False):
            assert chunk.end - chunk.start == size
            assert after.start == chunk.end - overlap and after.end > chunk.end
        assert all(c.text.split() == document.words[c.start : c.end] for c in mine)
        assert coverage(mine, number, (0, len(document.words))) == 1


def test_document_shorter_than_the_overlap():
    assert fixed_chunks([LongDocument("x", ["a", "b"], {})], 5, 4) == [Chunk(0, 0, 2, "a b")]


def test_sentences_lie_in_their_pages(long):
    pages, sentences = page_chunks(long), sentence_chunks(long)
    assert len(pages) == sum(len(document.pages) for document in long)
    assert sum(c.end - c.start for c in sentences) == sum(len(d.words) for d in long)
    assert with_parents(sentences, pages) == pages
    assert with_parents([sentences[1], sentences[0]], pages) == pages[:1]
    with pytest.raises(ValueError, match="no parent"):
        with_parents([fixed_chunks(long, 5000)[0]], pages)


def test_budget_and_coverage(long):
    chunks = fixed_chunks(long, 20, 10)
    taken = fill_budget(chunks, 45)
    assert [chunk.end - chunk.start for chunk in taken] == [20, 20, 5]
    assert len(taken[-1].text.split()) == 5
    assert coverage(taken, 0, (0, 50)) == 30 / 50  # 0-20, 10-30, 20-25
    assert coverage(taken, 1, (0, 50)) == coverage([], 0, (0, 9)) == 0
    assert fill_budget(chunks, 0) == []


@pytest.mark.parametrize("size, overlap", [(0, 0), (5, 5), (5, -1)])
def test_bad_input(long, size, overlap):
    with pytest.raises(ValueError, match="size must be"):
        fixed_chunks(long, size, overlap)
