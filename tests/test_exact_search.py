"""helpers.exact_search against its specification, faiss, ties, threads and bad input."""

import tracemalloc

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from helpers import exact_search
from helpers.exact_search import METRICS, all_pairs_top_k, naive_top_k, top_k


def rows(n, d=20, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal((n, d)).astype(dtype)


def assert_same(found, expected):
    np.testing.assert_array_equal(found.ids, expected.ids)
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-12, atol=1e-12)


@pytest.fixture
def small_tiles(monkeypatch):
    monkeypatch.setattr(exact_search, "TILE", 50)
    monkeypatch.setattr(exact_search, "WIDEST", 150)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("threads", [1, 2])
def test_both_are_the_specification(small_tiles, metric, dtype, threads):
    queries, vectors = rows(73, seed=1, dtype=dtype), rows(431, dtype=dtype)
    copies = queries.copy(), vectors.copy()
    how = {"metric": metric, "threads": threads}
    for k in (1, 7, 200):
        expected = naive_top_k(queries, vectors, k, metric=metric)
        assert_same(top_k(queries, vectors, k, **how), expected)
        assert_same(top_k(queries[:1], vectors, k, **how), naive_of_first(expected))
        for exclude_self in (False, True):
            expected = naive_top_k(vectors, vectors, k, metric=metric, exclude_self=exclude_self)
            found = all_pairs_top_k(vectors, k, exclude_self=exclude_self, **how)
            assert_same(found, expected)
    np.testing.assert_array_equal(copies[0], queries)
    np.testing.assert_array_equal(copies[1], vectors)


def naive_of_first(expected):
    return type(expected)(expected.scores[:1], expected.ids[:1])


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.int8, st.tuples(st.integers(2, 70), st.integers(1, 3)), elements=st.integers(1, 3)),
    st.sampled_from(METRICS),
    st.integers(1, 2),
    st.data(),
)
def test_ties_stand_in_the_order_of_ids(vectors, metric, k, data):
    k = data.draw(st.integers(1, len(vectors) - 1))
    threads = data.draw(st.integers(1, 2))
    expected = naive_top_k(vectors, vectors, k, metric=metric)
    assert_same(top_k(vectors, vectors, k, metric=metric, threads=threads), expected)
    assert_same(all_pairs_top_k(vectors, k, metric=metric, threads=threads), expected)
    without = naive_top_k(vectors, vectors, k, metric=metric, exclude_self=True)
    assert_same(all_pairs_top_k(vectors, k, exclude_self=True, metric=metric), without)


def test_copies_beyond_k_come_by_id(small_tiles):
    vectors = np.tile(rows(7, d=37), (60, 1))
    scores, ids = all_pairs_top_k(vectors, 5, metric="cosine", threads=2)
    np.testing.assert_array_equal(ids, [range(i % 7, 35, 7) for i in range(420)])
    assert (scores == scores[:, :1]).all()


@pytest.mark.parametrize(("metric", "step"), [("dot", 1e-7), ("cosine", 1e-5), ("euclidean", 1e-7)])
def test_ranks_that_float32_products_cannot_tell(small_tiles, metric, step):
    """Small differences beside a common part: the order of float32 products is noise."""
    vectors = 1 + step * rows(300, d=64, dtype=np.float64)
    plain = np.argsort(-(vectors.astype(np.float32) @ vectors[0].astype(np.float32)))[:10]
    expected = naive_top_k(vectors, vectors, 10, metric=metric)
    assert not np.array_equal(plain, expected.ids[0])
    np.testing.assert_array_equal(all_pairs_top_k(vectors, 10, metric=metric).ids, expected.ids)
    np.testing.assert_array_equal(top_k(vectors, vectors, 10, metric=metric).ids, expected.ids)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("size", [1e-30, 1e-12, 1e12, 1e30])
def test_any_size_of_numbers(metric, size):
    queries, vectors = rows(5, seed=1, dtype=float), rows(200, dtype=float)
    expected = naive_top_k(queries, vectors, 4, metric=metric).ids
    assert_ids = np.testing.assert_array_equal
    assert_ids(top_k(size * queries, size * vectors, 4, metric=metric).ids, expected)
    if metric != "euclidean":
        assert_ids(top_k(queries / size, size * vectors, 4, metric=metric).ids, expected)
        uneven = queries * np.array([[1e-20], [1e-10], [1], [1e5], [1e10]])
        assert_ids(top_k(uneven, vectors, 4, metric=metric).ids, expected)


def test_zero_vectors_and_an_outlier():
    vectors = rows(100)
    vectors[[3, 50]] = 0
    vectors[70] *= 1e6
    for metric in ("dot", "euclidean"):
        expected = naive_top_k(vectors, vectors, 9, metric=metric)
        assert_same(all_pairs_top_k(vectors, 9, metric=metric), expected)
    nothing = np.zeros((6, 3))
    np.testing.assert_array_equal(top_k(nothing, nothing, 4).ids, [range(4)] * 6)
    np.testing.assert_array_equal(
        all_pairs_top_k(nothing, 4, metric="euclidean").ids, [range(4)] * 6
    )


def test_same_as_faiss_and_on_any_number_of_threads():
    vectors = rows(3000, d=48)
    index = faiss.IndexFlatIP(48)
    index.add(vectors)
    scores, ids = index.search(vectors, 10)
    one, two = (all_pairs_top_k(vectors, 10, threads=threads) for threads in (1, 2))
    other = top_k(vectors, vectors, 10, threads=2)
    for found in (one, two, other):
        np.testing.assert_array_equal(found.ids, ids)
        np.testing.assert_allclose(found.scores, scores, rtol=1e-5)
        np.testing.assert_array_equal(found.scores, one.scores)


def test_other_inputs_are_converted():
    vectors = rows(30, d=4, dtype=np.float64)
    expected = naive_top_k(vectors, vectors, 3)
    for other in (vectors.tolist(), np.asfortranarray(vectors), np.repeat(vectors, 2, 0)[::2]):
        assert_same(top_k(other, vectors, 3), expected)
    whole = (10 * vectors).astype(np.int32)
    assert_same(all_pairs_top_k(whole, 3), naive_top_k(whole, whole, 3))
    half = vectors.astype(np.float16)
    assert_same(top_k(half, whole, 3), naive_top_k(half, whole, 3))
    frozen = vectors.astype(np.float32)
    frozen.flags.writeable = False
    assert_same(all_pairs_top_k(frozen, 3), naive_top_k(frozen, frozen, 3))
    found = top_k(np.empty((0, 4)), vectors, 3)
    assert found.scores.shape == found.ids.shape == (0, 3)


def test_never_a_matrix_of_scores_and_half_of_the_products(monkeypatch):
    n, areas, offer = 5000, [], exact_search.offer
    vectors = rows(n, d=8)
    all_pairs_top_k(vectors[:10], 5)

    def counted(scores, *rest):
        areas.append(scores.size)
        offer(scores, *rest)

    monkeypatch.setattr(exact_search, "offer", counted)
    tracemalloc.start()
    all_pairs_top_k(vectors, 5, threads=1)
    half = sum(areas)
    top_k(vectors, vectors, 5, threads=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert half < n * (n + exact_search.TILE) / 2
    assert sum(areas) - half == n * n
    assert peak < 4 * n * n / 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 0}, "k must be a whole number"),
        ({"k": 2.5}, "k must be a whole number"),
        ({"k": 31}, "k = 31, but there are only 30"),
        ({"queries": rows(3, d=5)}, "queries have 5 columns and vectors 4"),
        ({"queries": rows(3, d=4)[0]}, r"queries must have the shape \(rows, dimensions\)"),
        ({"vectors": [["a", "b"]]}, "vectors must be a matrix of real numbers"),
        ({"vectors": [[1.0, 2.0], [3.0]]}, "vectors must be a matrix of real numbers"),
        ({"queries": 1j * rows(3, d=4)}, "queries must be a matrix of real numbers"),
        ({"vectors": np.full((30, 4), 1e39)}, "row 0 of vectors holds NaN or numbers beyond"),
        ({"queries": np.array([[1, 2, 3, 4], [1, np.nan, 3, 4]])}, "row 1 of queries holds NaN"),
        ({"queries": np.eye(4)[:2] * [0, 1, 1, 1], "metric": "cosine"}, "row 0 of queries has le"),
        ({"metric": "l2"}, "metric must be one of dot, cosine, euclidean, not 'l2'"),
        ({"threads": 0}, "threads must be a whole number"),
    ],
)
def test_bad_input_gets_one_line(arguments, message):
    given = {"queries": rows(3, d=4), "vectors": rows(30, d=4), "k": 3} | arguments
    with pytest.raises(ValueError, match=message) as error:
        top_k(given.pop("queries"), given.pop("vectors"), given.pop("k"), **given)
    assert "\n" not in str(error.value)


def test_bad_pairs_get_one_line():
    vectors = rows(5, d=4)
    with pytest.raises(ValueError, match="k = 5, but there are only 4"):
        all_pairs_top_k(vectors, 5, exclude_self=True)
    vectors[2] = 0
    with pytest.raises(ValueError, match="row 2 of vectors has length 0"):
        all_pairs_top_k(vectors, 2, metric="cosine")
