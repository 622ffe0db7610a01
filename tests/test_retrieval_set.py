"""The graded retrieval set: its format, its design, and what the loader says about bad files."""

import datetime
import json
import re
from collections import Counter

import pytest
from gensim.parsing.porter import PorterStemmer

from helpers.data.errors import DataError
from helpers.data.retrieval import QUERY_KINDS, retrieval_set

# Words without content: pronouns, auxiliaries, determiners, prepositions, conjunctions.
STOP_WORDS = set(
    """a about after again all am an and any are as at be because been before being both but by
    can could did do does down each for from had has have having he her him his how i if in
    instead into is it its just may me might mine more most must my no nor not now of off on once
    one or other our out over own she should so some somebody someone something such than that
    the their them then there these they this those through to too under until up us very was we
    were what when whenever where which while who why will with without would you your""".split()
)
IDENTIFIER = re.compile(r"\b(?:[A-Z]{1,2}-[A-Z0-9-]+|\d\d-[A-Z]-\d+|\d+\.\d+\.\d+|Glim \d+)")


@pytest.fixture(scope="module")
def dataset():
    return retrieval_set()


def stems(text):
    stemmer = PorterStemmer()
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {stemmer.stem(word) for word in words if word not in STOP_WORDS and len(word) > 1}


def by_id(dataset):
    return {document.id: document for document in dataset.documents}


def test_sizes(dataset):
    assert len(dataset.documents) == 318
    assert Counter(query.kind for query in dataset.queries) == dict.fromkeys(QUERY_KINDS, 20)
    assert all(len(dataset.of_kind(kind)) == 20 for kind in QUERY_KINDS)
    rows = dataset.positions
    assert all(dataset.documents[row].id == name for name, row in rows.items())


def test_documents(dataset):
    texts = [document.text for document in dataset.documents]
    titles = [document.title for document in dataset.documents]
    assert len(set(texts)) == len(texts) and len(set(titles)) == len(titles)
    for document in dataset.documents:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", document.id)
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", document.category)
        assert 40 <= len(document.text.split()) <= 120, document.id
        assert document.text[0].isupper() or document.text[0].isdigit(), document.id
        assert document.text[-1] in ".?!", document.id
        assert datetime.date(2021, 1, 1) <= document.updated <= datetime.date(2025, 12, 31)
        assert document.language == "en"
        assert document.content == f"{document.title}. {document.text}"


def test_only_plain_characters(dataset):
    texts = [document.content for document in dataset.documents]
    texts += [query.text for query in dataset.queries]
    for text in texts:
        assert text.isascii() and text.isprintable() and "  " not in text, text
        assert text == text.strip() and "`" not in text


def test_queries(dataset):
    assert len({query.text.lower() for query in dataset.queries}) == 100
    for query in dataset.queries:
        assert re.fullmatch(re.escape(query.kind) + r"-\d\d", query.id)
        assert 1 <= len(query.text.split()) <= 16
        assert 1 <= len(query.relevant) <= 6, query.id
        grades = [judgement.grade for judgement in query.relevance]
        assert grades == sorted(grades, reverse=True) and grades[0] == 3
        assert set(query.relevant) | set(query.hard_negatives) == set(query.grades)


def test_graded(dataset):
    grades = Counter(grade for query in dataset.queries for grade in query.grades.values())
    assert grades == {3: 139, 2: 15, 1: 29, 0: 211}


def test_paraphrases_share_no_content_word(dataset):
    documents = by_id(dataset)
    for query in dataset.of_kind("paraphrase"):
        for name, grade in query.grades.items():
            if grade >= 2:
                assert not stems(query.text) & stems(documents[name].content), (query.id, name)


def test_identifiers_stand_in_one_answer_and_in_no_hard_negative(dataset):
    documents = by_id(dataset)
    for query in dataset.of_kind("identifier"):
        (identifier,) = IDENTIFIER.findall(query.text)
        whole = re.compile(re.escape(identifier) + r"(?![\w-]|\.\d)")
        assert all(whole.search(documents[name].content) for name in query.relevant), query.id
        assert not any(whole.search(documents[name].content) for name in query.hard_negatives)
        assert list(query.grades.values()).count(3) == 1
        assert len(query.hard_negatives) >= 3, query.id


def test_negations_have_hard_negatives_that_name_the_thing_too(dataset):
    documents = by_id(dataset)
    for query in dataset.of_kind("negation"):
        assert len(query.hard_negatives) >= 3, query.id
        # The documents on either side talk about the same thing.
        shared = [
            stems(query.text) & stems(documents[name].content)
            for name in (*query.relevant, *query.hard_negatives)
        ]
        assert sum(map(bool, shared)) >= 0.8 * len(shared), query.id


def test_unknown_kind(dataset):
    with pytest.raises(ValueError, match="no kind 'typo': choose one of paraphrase,"):
        dataset.of_kind("typo")


DOCUMENT = {
    "id": "a",
    "title": "A",
    "text": "Some text.",
    "category": "care",
    "product": None,
    "updated": "2025-01-02",
    "language": "en",
}
QUERY = {"id": "q", "kind": "keyword", "text": "some", "relevance": [{"doc": "a", "grade": 3}]}


def write(folder, documents=(DOCUMENT,), queries=(QUERY,)):
    for name, rows in (("documents", documents), ("queries", queries)):
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_reads_another_folder(tmp_path):
    dataset = retrieval_set(write(tmp_path))
    assert dataset.documents[0].updated == datetime.date(2025, 1, 2)
    assert dataset.queries[0].grades == {"a": 3}
    assert dataset.of_kind("negation") == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"documents": ["{"]}, "documents.jsonl, line 1: not valid JSON"),
        ({"documents": [{"id": "a"}]}, "line 1: write an object with the keys id, title"),
        ({"documents": [[]]}, "line 1: write an object"),
        ({"documents": [DOCUMENT, DOCUMENT]}, "line 2: the document 'a' occurs twice"),
        ({"documents": [DOCUMENT | {"text": ""}]}, "text must be a text that is not empty"),
        ({"documents": [DOCUMENT | {"title": None}]}, "title must be a text"),
        ({"documents": [DOCUMENT | {"updated": "2 May"}]}, "a date like 2025-03-31, not '2 May'"),
        ({"queries": [QUERY, QUERY]}, "queries.jsonl, line 2: the query 'q' occurs twice"),
        ({"queries": [QUERY | {"kind": "other"}]}, "kind must be one of paraphrase, identifier"),
        ({"queries": [QUERY | {"text": 3}]}, "text must be a text that is not empty, not 3"),
        ({"queries": [QUERY | {"relevance": "a"}]}, "write relevance as"),
        ({"queries": [QUERY | {"relevance": [{"doc": "b", "grade": 3}]}]}, "no document 'b'"),
        ({"queries": [QUERY | {"relevance": [{"doc": [], "grade": 3}]}]}, r"no document \[\]"),
        ({"queries": [QUERY | {"relevance": [{"doc": "a", "grade": 4}]}]}, "not 4"),
        ({"queries": [QUERY | {"relevance": [{"doc": "a", "grade": True}]}]}, "not True"),
        ({"queries": [QUERY | {"relevance": [{"doc": "a", "grade": 2}]}]}, "no document has grade"),
        ({"queries": [QUERY | {"relevance": QUERY["relevance"] * 2}]}, "'a' is judged twice"),
    ],
)
def test_one_clear_line(tmp_path, change, message):
    with pytest.raises(DataError, match=message) as caught:
        retrieval_set(write(tmp_path, **change))
    assert "\n" not in str(caught.value)


def test_missing_or_unreadable_file(tmp_path):
    with pytest.raises(DataError, match="Cannot read documents.jsonl .*course's repository"):
        retrieval_set(tmp_path)
    write(tmp_path)
    (tmp_path / "queries.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="Cannot read queries.jsonl .*not UTF-8"):
        retrieval_set(tmp_path)
