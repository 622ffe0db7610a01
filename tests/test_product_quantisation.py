"""Product quantisation against faiss, and its own promises."""

import faiss
import numpy as np
import pytest

from helpers.product_quantisation import fit_product_quantiser, lloyd, nearest_centroid

RNG = np.random.default_rng(5)
ROWS = RNG.normal(size=(900, 24)).astype(np.float32)
PQ = fit_product_quantiser(ROWS, 6, codewords=256, iterations=5)


def in_faiss(quantiser, d):
    m, k, _ = quantiser.codebooks.shape
    index = faiss.IndexPQ(d, m, int(np.log2(k)))
    faiss.copy_array_to_vector(quantiser.codebooks.ravel(), index.pq.centroids)
    index.is_trained = True
    return index


def test_codes_and_distances_are_those_of_faiss():
    index = in_faiss(PQ, 24)
    index.add(ROWS)
    codes = PQ.encode(ROWS)
    theirs = faiss.vector_to_array(index.codes).reshape(-1, 6)
    assert (codes == theirs).mean() > 0.999
    assert np.allclose(PQ.decode(theirs), index.reconstruct_n(0, 900), atol=1e-6)
    distances, rows = index.search(ROWS[:3], 20)
    for query, near, row in zip(ROWS, distances, rows, strict=False):
        assert np.allclose(PQ.distances(query, theirs)[row], near, atol=1e-4)


def test_the_asymmetric_distance_is_that_to_the_decoded_vector():
    codes = PQ.encode(ROWS)
    query = RNG.normal(size=24)
    exact = ((PQ.decode(codes) - query) ** 2).sum(axis=1)
    assert np.allclose(PQ.distances(query, codes), exact, rtol=1e-4)
    assert PQ.table(query).shape == (6, 256) and codes.dtype == np.uint8
    assert PQ.nbytes == 4 * 256 * 24 and PQ.dim == 24


def test_more_pieces_and_iterations_err_less():
    def error(quantiser):
        return ((ROWS - quantiser.decode(quantiser.encode(ROWS))) ** 2).sum()

    errors = [error(fit_product_quantiser(ROWS, m, codewords=64)) for m in (2, 6, 12, 24)]
    assert errors == sorted(errors, reverse=True)
    short, long = (
        error(fit_product_quantiser(ROWS, 6, codewords=64, iterations=i)) for i in (1, 10)
    )
    assert long < short


def test_lloyd_finds_clusters_and_leaves_lonely_centroids():
    points = np.array([[0.0], [1], [10], [11]])
    assert lloyd(points, [[0.0], [9], [500]], 5).tolist() == [[0.5], [10.5], [500]]
    assert nearest_centroid(points, [[0.0], [0], [11]]).tolist() == [0, 0, 2, 2]
    assert len(nearest_centroid(np.empty((0, 1)), [[0.0]])) == 0


def test_same_seed_same_codebooks_and_input_untouched():
    rows = ROWS.copy()
    again = fit_product_quantiser(rows, 6, codewords=256, iterations=5)
    assert (again.codebooks == PQ.codebooks).all() and (rows == ROWS).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_product_quantiser(ROWS, 7), "m must divide the 24"),
        (lambda: fit_product_quantiser(ROWS[0], 1), r"shape \(n, d\)"),
        (lambda: fit_product_quantiser(ROWS[:9], 6), "codewords must be 1 to 9"),
        (lambda: fit_product_quantiser(ROWS, 6, codewords=257), "codewords must be 1 to 256"),
        (lambda: fit_product_quantiser(ROWS, 6, iterations=0), "at least 1"),
        (lambda: PQ.encode(ROWS[:, :5]), r"shape \(n, 24\)"),
    ],
)
def test_errors_say_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
