"""BM25: the index against an obvious loop, and against scores worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.bm25 import BM25, index_terms, naive_bm25

TERMS = st.lists(st.sampled_from("abcdefg"), max_size=8)


def test_terms_keep_identifiers_and_drop_endings():
    assert index_terms("Spare part QB-4417-B, for W-140!") == [
        "spare",
        "part",
        "qb-4417-b",
        "w-140",
    ]
    assert index_terms("Firmware 4.2.1.") == ["firmwar", "4.2.1"]
    assert index_terms("resoling the boots") == index_terms("to resole a boot")
    assert index_terms("The boots", stem=False) == ["boots"]
    assert index_terms("the boots", stem=False, stop_words=()) == ["the", "boots"]
    assert index_terms("") == index_terms("?!") == []


@settings(max_examples=60, deadline=None)
@given(
    documents=st.lists(TERMS, min_size=1, max_size=6),
    query=TERMS,
    k1=st.sampled_from([0.0, 0.9, 1.2, 3.0]),
    b=st.sampled_from([0.0, 0.4, 0.75, 1.0]),
)
def test_index_equals_the_loop(documents, query, k1, b):
    index = BM25([" ".join(d) for d in documents], k1=k1, b=b, tokenizer=str.split)
    text = " ".join(query)
    scores = index.scores(text)
    if any(documents):
        np.testing.assert_allclose(scores, naive_bm25(query, documents, k1, b), atol=1e-12)
    else:
        assert not scores.any()
    for row in range(len(documents)):
        assert math.isclose(sum(index.explain(text, row).values()), scores[row], abs_tol=1e-12)


def test_a_score_by_hand():
    index = BM25(["red tent", "red red bike pump", "pegs"], k1=1.2, b=0.75, tokenizer=str.split)
    idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    mean = 7 / 3
    expected = [
        idf * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / mean)),
        idf * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 4 / mean)),
        0,
    ]
    np.testing.assert_allclose(index.scores("red"), expected)
    np.testing.assert_allclose(index.scores("red red"), 2 * np.array(expected))


def test_k1_zero_counts_presence_only():
    index = BM25(["a a a a", "a b"], k1=0, tokenizer=str.split)
    assert index.scores("a")[0] == index.scores("a")[1]


def test_search_returns_matches_only():
    index = BM25(["a tent", "a bike", "tent pegs", "another bike"])
    assert index.search("bike").tolist() == [1, 3]
    assert index.search("bikes", depth=1).tolist() == [1]
    assert index.search("canoe").tolist() == index.search("").tolist() == []
    assert len(index) == 4


def test_index_is_sparse():
    index = BM25(["one two", "two three"], tokenizer=str.split)
    assert index.weights.nnz == 4
    assert index.weights.shape == (2, 3)


@pytest.mark.parametrize(
    "texts, settings, words",
    [
        ([], {}, "at least one"),
        ("a text", {}, "list of at least one"),
        (["a"], {"k1": -1}, "k1 must be"),
        (["a"], {"k1": math.nan}, "k1 must be"),
        (["a"], {"b": 1.5}, "b from 0 to 1"),
    ],
)
def test_bad_input(texts, settings, words):
    with pytest.raises(ValueError, match=words):
        BM25(texts, **settings)
