"""Late interaction: the kernels against the two loops, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.late_interaction import TokenIndex, maxsim, naive_maxsim, pad_tokens, unit_rows


def tables(rng, lengths, d):
    return [rng.normal(size=(length, d)) for length in lengths]


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 5),
    st.lists(st.integers(1, 6), min_size=1, max_size=6),
    st.integers(1, 4),
)
def test_the_kernels_do_what_the_loops_say(seed, m, lengths, d):
    rng = np.random.default_rng(seed)
    query, documents = rng.normal(size=(m, d)), tables(rng, lengths, d)
    expected = [naive_maxsim(query, document) for document in documents]
    index = TokenIndex(documents)
    np.testing.assert_allclose([maxsim(query, each) for each in documents], expected)
    np.testing.assert_allclose(index.scores(query), expected)
    rows = rng.permutation(len(documents))[: len(documents) // 2 + 1]
    np.testing.assert_allclose(index.scores(query, rows), np.array(expected)[rows])
    assert len(index) == len(lengths)
    assert index.lengths.tolist() == lengths


def test_padding_never_wins():
    documents = [np.array([[-1.0, 0.0]]), np.array([[-2.0, 0.0], [-3.0, 0.0]])]
    vectors, mask = pad_tokens(documents)
    assert vectors.shape == (2, 2, 2)
    assert mask.tolist() == [[True, False], [True, True]]
    assert vectors[0, 1].tolist() == [0, 0]
    assert TokenIndex(documents).scores([[1.0, 0.0]]).tolist() == [-1, -2]


def test_rows_may_repeat_and_be_none():
    rng = np.random.default_rng(1)
    query, index = rng.normal(size=(2, 3)), TokenIndex(tables(rng, [2, 4, 1], 3))
    scores = index.scores(query)
    np.testing.assert_allclose(index.scores(query, [2, 0, 2]), scores[[2, 0, 2]])
    assert index.scores(query, []).shape == (0,)


def test_a_document_without_tokens():
    assert maxsim(np.ones((2, 3)), np.zeros((0, 3))) == -np.inf
    assert naive_maxsim(np.ones((2, 3)), np.zeros((0, 3))) == -np.inf


def test_unit_rows_keep_zeros_and_the_type():
    unit = unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32))
    assert unit.dtype == np.float32
    np.testing.assert_allclose(unit, [[0.6, 0.8], [0, 0]])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: unit_rows([1.0, 2.0]), "table of numbers"),
        (lambda: maxsim(np.ones((1, 2)), np.ones((1, 3))), "same model"),
        (lambda: TokenIndex([]), "at least one table"),
        (lambda: TokenIndex([np.ones((1, 2)), np.zeros((0, 2))]), "document 1 has no token"),
        (lambda: TokenIndex([np.ones((1, 2)), np.ones((1, 3))]), "same width"),
        (lambda: TokenIndex([np.ones((1, 2))]).scores(np.ones((1, 2)), [1]), "rows must be 0 to 0"),
        (lambda: pad_tokens([]), "at least one table"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
