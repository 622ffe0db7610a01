"""Check of lesson 06, part D: codes of a product quantiser and distances from its table."""

import numpy as np

from helpers.checks.comparing import as_numbers, close, equal, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_PQ"]


def _piece_by_piece(vectors, codebooks, query):
    """Follow the definition with one number at a time, in 64 bits."""
    books = np.array(codebooks, dtype=float)
    m, _, width = books.shape
    query = [float(x) for x in query]
    codes, distances = [], []
    for vector in np.array(vectors, dtype=float):
        code, total = [], 0.0
        for piece in range(m):
            place = slice(piece * width, (piece + 1) * width)
            far = [sum((a - b) ** 2 for a, b in zip(vector[place], c, strict=True))
                   for c in books[piece]]  # fmt: skip
            nearest = far.index(min(far))
            code.append(nearest)
            total += sum(
                (a - b) ** 2 for a, b in zip(query[place], books[piece][nearest], strict=True)
            )
        codes.append(code)
        distances.append(total)
    return np.array(codes), np.array(distances)


def _pair(case, output):
    if not isinstance(output, list | tuple) or len(output) != 2:
        raise ValueError("return two arrays, `return codes, distances`")
    codes, distances = (as_numbers(part) for part in output)
    if codes is None or distances is None or distances.dtype.kind == "c":
        raise ValueError(
            "both results should be arrays of real numbers: the codes and the distances"
        )
    n, m = len(case.args[0]), len(case.args[1])
    if codes.shape != (n, m):
        raise ValueError(
            f"the codes have the shape {codes.shape}, where (n, m) = {(n, m)} should come back"
        )
    if distances.shape != (n,):
        raise ValueError(
            f"the distances have the shape {distances.shape}, where (n,) = {(n,)} should come back"
        )
    if codes.dtype.kind not in "iu":
        raise ValueError(f"the codes are numbers of centroids, so whole numbers, not {codes.dtype}")
    return codes.astype(np.int64), distances.astype(np.float64)


_PARTS = structure(equal, close(rtol=1e-6, atol=1e-12))


def _compare(got, expected):
    """Compare both parts; say so if only multiples of 256, or a near tie, are wrong."""
    problem, (codes, distances) = _PARTS(got, expected), expected
    if problem is None:
        return None
    off = got[0] - codes
    if off.any() and not (off % 256).any():
        return (
            "the codes are right but for multiples of 256: more than 256 centroids do not fit into "
            "8 bits. Return the `argmin` as it is"
        )
    if len(codes) == 1 and distances[0] == 0.25 and off[0, 0] == -1:
        return (
            "the code is 0, but centroid 1 is nearer, if by the ninth digit only. Compute in 64 "
            "bits, `np.asarray(vectors, dtype=float)`, and let nearly equal distances not tie"
        )
    return problem


def _pq_cases(rng, hard):
    def case(name, n, m, centroids, width, scale=1.0, shift=0.0, kind=float):
        size = m * width
        vectors, query = rng.normal(size=(n, size)), rng.normal(size=size)
        books = rng.normal(size=(m, centroids, width))
        return Case(name, tuple((shift + scale * a).astype(kind) for a in (vectors, books, query)))

    line = np.array([[[-1.0], [1.0], [4.0]]])
    two = np.array([[[0.0, 0], [4, 0], [0, 4]], [[1, 1], [5, 5], [-5, 0]]])
    vectors = np.array([[3.0, 1, 2, 2], [0, 3, 4, 4], [-1, 0, -4, 1]])
    twice = np.array([[[2.0, 1], [0, 0], [2, 1]], [[0, 0], [1, 2], [1, 2]]])
    counts = rng.integers(-4, 5, (6, 4))
    wide = case("300 centroids", 12, 1, 300, 2)
    wide.args[0][:4] = wide.args[1][0][[299, 256, 255, 280]] + 0.001
    cases = [
        Case("one piece of one number", (np.array([[0.8], [5.0]]), line, np.array([2.0]))),
        Case("two pieces, small numbers", (vectors, two, np.array([1.0, 2, 3, 4]))),
        Case("as near to one centroid as to another", (np.array([[0.0], [2.5]]), line, [3.0])),
        Case("centroids that are there twice", (vectors, twice, np.array([1.0, -1, 2, 0]))),
        Case(
            "centroids that differ in the ninth digit",
            (np.array([[1.0]]), np.array([[[2 + 1e-9], [0.0]]]), np.array([0.5])),
            show="coded_distances([[1.0]], [[[2.000000001], [0.0]]], [0.5])",
        ),
        case("one vector", 1, 3, 4, 2),
        case("three pieces", 5, 3, 4, 2),
        Case("lists of whole numbers", (counts.tolist(), (2 * two).tolist(), [1, 0, -2, 3])),
        Case("a query of zeros", (rng.normal(size=(4, 4)), two, np.zeros(4))),
        case("32-bit numbers near 1000", 6, 2, 8, 3, shift=1000, kind=np.float32),
        wide,
    ]
    if hard:
        cases += [
            case("one centroid for each piece", 3, 2, 1, 2),
            case("as many pieces as numbers", 4, 6, 3, 1),
            case("tiny numbers", 6, 2, 5, 2, scale=1e-4),
            case("large numbers", 6, 2, 5, 2, scale=1e5),
            case("a larger index", 40, 8, 16, 3),
        ]
    return cases


def _variant(
    *, nearest="distance", ties="first", query_coded=False, exact=False, cut="blocks",
    book="own", root="none", code_type=None, kind=float, expand=False, measure="query",
):  # fmt: skip
    """Make an answer with one thing changed."""

    def split(rows, m):
        if cut == "every m-th":
            return np.stack([rows[:, piece::m] for piece in range(m)])
        return np.stack(np.split(rows, m, axis=1))

    def away(rows, centroids):
        if nearest == "absolute":
            return np.abs(rows[:, None] - centroids).sum(axis=2)
        if nearest == "product":
            return -(rows @ centroids.T)
        if expand:
            inner = rows @ centroids.T
            return (rows**2).sum(1)[:, None] - 2 * inner + (centroids**2).sum(1)
        return ((rows[:, None] - centroids) ** 2).sum(axis=2)

    def codes_of(pieces, books):
        far = np.stack([away(rows, centroids) for rows, centroids in zip(pieces, books)])  # noqa: B905
        if ties == "last":
            return (far.shape[2] - 1 - far[:, :, ::-1].argmin(axis=2)).T
        return far.argmin(axis=2).T

    def answer(vectors, codebooks, query):
        vectors, query = np.asarray(vectors, dtype=kind), np.asarray(query, dtype=kind)
        books = np.asarray(codebooks, dtype=kind)
        if book == "first":
            books = np.broadcast_to(books[:1], books.shape)
        m = len(books)
        codes, asked = codes_of(split(vectors, m), books), split(query[None], m)
        if code_type:
            codes = codes.astype(code_type)
        each = np.arange(m)
        if query_coded:
            asked = books[each, codes_of(asked, books)[0]][:, None]
        found = split(vectors, m).transpose(1, 0, 2) if exact else books[each, codes]
        if expand:
            parts = np.stack([away(a, c)[0] for a, c in zip(asked, books)])[each, codes]  # noqa: B905
        elif nearest == "absolute":
            parts = np.abs(found - asked[:, 0]).sum(axis=2)
        elif measure == "own":
            parts = ((found - split(vectors, m).transpose(1, 0, 2)) ** 2).sum(axis=2)
        elif measure == "product":
            parts = (found * asked[:, 0]).sum(axis=2)
        else:
            parts = ((found - asked[:, 0]) ** 2).sum(axis=2)
        if root == "each":
            parts = np.sqrt(parts)
        total = parts.mean(axis=1) if measure == "mean" else parts.sum(axis=1)
        return codes, np.sqrt(total) if root == "whole" else total

    return answer


X_PQ = Check(
    id="X-pq",
    title="Codes, and distances from a table",
    level=3,
    minutes=25,
    points=4,
    function="coded_distances",
    make_cases=_pq_cases,
    oracle=_piece_by_piece,
    view=_pair,
    compare=_compare,
    misconceptions=(
        Misconception(
            "query coded too",
            _variant(query_coded=True),
            "Your codes are right, but you code the query too. The query is at hand with all its "
            "digits: compare its own pieces with the centroids (asymmetric distance).",
        ),
        Misconception(
            "distances of the exact vectors",
            _variant(exact=True),
            "Your codes are right, but the distances go to the exact vectors. Those are thrown "
            "away: take the distances to the centroids that the codes name.",
        ),
        Misconception(
            "distances of vectors to their codes",
            _variant(measure="own"),
            "Your codes are right, but you measure how far each vector is from its own centroids. "
            "Wanted is how far the *query* is from them.",
        ),
        Misconception(
            "inner products",
            _variant(measure="product"),
            "Your codes are right, but you add up inner products of the query with the centroids. "
            "Add up squared distances.",
        ),
        Misconception(
            "mean of the pieces",
            _variant(measure="mean"),
            "Your distances are m times too small: you take the mean over the pieces. Squared "
            "distances of pieces add up: take the sum.",
        ),
        Misconception(
            "root of the sum",
            _variant(root="whole"),
            "You return the distance; the squared distance is wanted. Pieces add up when squared, "
            "and the root changes no order.",
        ),
        Misconception(
            "roots added",
            _variant(root="each"),
            "You add up distances of pieces after taking roots. Only *squared* distances add up: "
            "put squares into the table.",
        ),
        Misconception(
            "largest inner product",
            _variant(nearest="product"),
            "You code a piece by the centroid with the largest inner product, which prefers long "
            "centroids. Take the smallest squared distance.",
        ),
        Misconception(
            "absolute differences",
            _variant(nearest="absolute"),
            "You add absolute differences. Squares are asked, for the nearest centroid and for "
            "the distances.",
        ),
        Misconception(
            "every m-th number",
            _variant(cut="every m-th"),
            "You put every m-th number into a piece. Pieces are neighbouring numbers: the first "
            "d / m, then the next d / m.",
        ),
        Misconception(
            "one codebook for all",
            _variant(book="first"),
            "You use the first codebook for all pieces. Each piece j has its own, `codebooks[j]`.",
        ),
        Misconception(
            "last of equal centroids",
            _variant(ties="last"),
            "When two centroids are equally near, take the one with the lower number (`argmin` "
            "does).",
        ),
        Misconception(
            "codes in 8 bits",
            _variant(code_type=np.uint8),
            "Your codes are of type uint8, which ends at 255 and begins again at 0. This function "
            "also gets more than 256 centroids: keep the integers of `argmin`.",
        ),
        Misconception(
            "rounded to 32 bits",
            _variant(kind=np.float32),
            "You round the input to 32 bits, and centroids that differ in the ninth digit become "
            "equal. Compute in 64 bits.",
        ),
        Misconception(
            "32-bit arithmetic",
            _variant(kind=None, expand=True),
            "You compute x² − 2xc + c² in the input's 32 bits: near 1000 the three terms are about "
            "a million each and their difference drowns. Convert to 64 bits first.",
        ),
    ),
)
