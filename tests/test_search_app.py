"""The search application, driven without a browser and with a tiny encoder."""

import datetime

import numpy as np
import pytest

from helpers.bm25 import BM25, index_terms
from helpers.data.retrieval import RetrievalDocument, RetrievalSet
from helpers.search_app import SearchBox, SearchEngine, hits_html, hits_text, show_search

PAGES = [
    ("Red tent", "A tent for two. It stands in the <wind> & rain.", "product", "Skarn", 2021),
    ("Washing tents", "Never use a machine. Dry it well.", "care", None, 2024),
    ("Code W-140", "The device shows W-140. Charge the battery.", "error-code", "Wayfinder", 2025),
    ("Bike shelter", "A roof keeps the bikes dry.", "product", None, 2025),
]
CONCEPTS = {"shelter": 0, "tent": 0, "wash": 1, "machin": 1, "w-140": 2, "bike": 3, "batteri": 2}


class Concepts:
    """An encoder that counts concepts, so that "shelter" is like "tent"."""

    def encode(self, texts):
        rows = np.full((len(texts), 4), 0.01, np.float32)
        for row, text in enumerate(texts):
            for term in index_terms(text):
                if term in CONCEPTS:
                    rows[row, CONCEPTS[term]] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def engine():
    documents = tuple(
        RetrievalDocument(str(i), title, text, kind, product, datetime.date(year, 1, 1), "en")
        for i, (title, text, kind, product, year) in enumerate(PAGES)
    )
    texts = [document.content for document in documents]
    retrieval = RetrievalSet(documents, ())
    return SearchEngine(retrieval, Concepts(), Concepts().encode(texts), BM25(texts), depth=3)


def rows(hits):
    return [hit.row for hit in hits]


def test_modes(engine):
    assert rows(engine.search("shelter", mode="words")) == [3]
    assert rows(engine.search("shelter", mode="meaning", k=2))[0] == 0
    hybrid = engine.search("shelter")
    assert set(rows(hybrid)) >= {0, 3} and len(hybrid) <= 4
    assert engine.search("   ") == []


def test_reasons(engine):
    first = engine.search("W-140", k=1)[0]
    assert first.row == 2 and first.word_rank == first.meaning_rank == 1
    assert first.found == ["W-140"]
    assert first.sentence == "The device shows W-140."
    tent = engine.search("tents", k=1)[0]
    assert set(tent.found) <= {"tent", "tents"} and tent.found
    assert engine.search("shelter", mode="meaning", k=1)[0].word_rank is None


def test_filters_come_before_the_ranking(engine):
    assert rows(engine.search("tent", category="care")) == [1]
    assert rows(engine.search("tent", product="Wayfinder")) == [2]
    since = datetime.date(2024, 1, 1)
    assert set(rows(engine.search("tent", since=since))) == {1, 2, 3}
    assert engine.search("tent", category="care", product="Skarn") == []


def test_html_is_escaped_and_marked(engine):
    page = hits_html(engine.search("tent in the wind", k=1))
    assert "&lt;<mark>wind</mark>&gt; &amp; rain" in page
    assert "<b>" in page and "<wind>" not in page
    assert "Nothing found" in hits_html([]) and hits_text([]) == "Nothing found."
    assert hits_text(engine.search("W-140", k=1)).startswith("1. Code W-140 [error-code]")


def test_box_answers_when_a_control_moves(engine):
    box = SearchBox(engine, "tent")
    assert "Red <mark>tent</mark>" in box.results.value and "results in" in box.status.value
    box.query.value = "W-140"
    assert box.results.value.index("Code") < 60
    box.category.value = "care"
    assert "Code" not in box.results.value and "1 result in" in box.status.value
    box.category.value, box.mode.value = "", "words"
    assert "1 result in" in box.status.value
    box.since.value = datetime.date(2026, 1, 1)
    assert "Nothing found" in box.results.value
    box.query.value = ""
    assert box.results.value == ""


def test_stored_notebooks_get_answers_without_times(engine, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda item, **kwargs: shown.append(item))
    monkeypatch.setenv("COURSE_BUILD", "1")
    show_search(engine, "tent <b>", category="care")
    assert "Washing" in shown[0]["text/html"] and "&lt;b&gt;" in shown[0]["text/html"]
    assert " ms" not in str(shown[0])
    monkeypatch.delenv("COURSE_BUILD")
    show_search(engine, "tent", category="care")
    assert type(shown[1]).__name__ == "VBox"


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"mode": "magic"}, "no mode"),
        ({"k": 0}, "k must be"),
        ({"category": "boats"}, "no category"),
        ({"product": "boat"}, "no product"),
    ],
)
def test_bad_input(engine, settings, words):
    with pytest.raises(ValueError, match=words):
        engine.search("tent", **settings)


def test_sizes_must_agree(engine):
    with pytest.raises(ValueError, match="same pages"):
        SearchEngine(RetrievalSet(engine.pages, ()), Concepts(), engine.vectors[:2], engine.bm25)
