"""Check of lesson 07, part C: recall against the number of axes kept."""

import math

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.pca_c_recall_wrong import place_by_place, variant
from helpers.checks.running import Case

__all__ = ["Q18_RECALL"]


def _query_by_query(documents, queries, sizes, top):
    """Follow the task with one query at a time; axes by singular values of the centred rows."""
    documents, queries = np.array(documents, dtype=float), np.array(queries, dtype=float)
    mean = [sum(column) / len(documents) for column in documents.T]
    axes = np.linalg.svd(documents - np.array(mean), full_matrices=True)[2]

    def nearest(query, rows):
        scores = []
        for row in rows:
            lengths = math.sqrt(row @ row) * math.sqrt(query @ query)
            scores.append(row @ query / lengths if lengths else 0.0)
        return set(sorted(range(len(rows)), key=lambda i: -scores[i])[:top])

    truth = [nearest(query, documents) for query in queries]
    shares = []
    for k in sizes:
        rows = documents @ axes[:k].T
        found = [nearest(axes[:k] @ query, rows) for query in queries]
        shares.append(sum(len(a & b) for a, b in zip(found, truth, strict=True))
                      / (len(queries) * min(top, len(documents))))  # fmt: skip
    return np.array(shares)


def _curve(case, output):
    shares = as_numbers(output)
    sizes = case.args[2]
    if shares is None or shares.shape != (len(sizes),) or shares.dtype.kind == "c":
        raise ValueError(f"return one number for each size, {len(sizes)} here: an array of recalls")
    return shares.astype(np.float64)


def _cases(rng, hard):
    def case(name, n, q, d, sizes, top, mean=0.0, lengths=0.0, kind=float, fall=1.0, drift=0.0):
        widths = np.arange(1, d + 1) ** -fall
        turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
        middle = mean * turn[:, -1]
        documents = middle + rng.normal(size=(n, d)) * widths @ turn.T
        queries = documents[rng.integers(0, n, q)] + 0.4 * rng.normal(size=(q, d)) * widths @ turn.T
        queries = queries + drift * turn[:, 1]
        documents = documents * np.exp(lengths * rng.normal(size=(n, 1)))
        return Case(name, (documents.astype(kind), queries.astype(kind), sizes, top))

    # Only against negative cosines does the 0 of a zero row count.
    zero = case("a zero row, queries on the other side", 20, 16, 5, [2, 3, 4], 3, mean=2.0)
    zero.args[0][5], zero.args[1][:] = 0, -zero.args[1]
    whole = rng.integers(-9, 10, (14, 3)) + [6, 0, 2]
    whole[:, 1] *= 3
    return [
        case("two axes of three", 12, 6, 3, [2], 3, mean=0.7),
        case("all axes: nothing is cut", 15, 6, 3, [3], 4, mean=1.0),
        case("sizes in any order", 30, 12, 5, [4, 2, 3, 5], 5, mean=0.6),
        case("a large mean", 40, 20, 6, [2, 3, 4], 5, mean=3.0),
        case("documents of unequal lengths", 40, 20, 5, [2, 3, 5], 4, mean=0.8, lengths=0.8),
        case("one nearest only", 30, 25, 5, [2, 3], 1, mean=0.5),
        case("queries that lie elsewhere", 30, 40, 6, [2, 3, 4], 4, mean=1.0, drift=2.0),
        case("no mean", 30, 16, 6, [2, 3, 5], 4, fall=0.5),
        zero,
        case("fewer documents than numbers", 9, 6, 14, [2, 5, 8], 3, mean=0.5, fall=0.4),
        Case("lists of whole numbers",
             (whole.tolist(), (whole[[0, 3, 5]] + [1, -2, 2]).tolist(), [3, 2], 3)),
        case("32-bit numbers, mean 4000", 40, 20, 5, [2, 3, 4], 4, mean=4000.0, kind=np.float32),
        case("fewer documents than wanted", 8, 5, 4, [2, 3], 12, mean=0.4),
    ] + (
        [
            case("many axes", 80, 40, 16, [2, 4, 8, 12, 16], 10, mean=0.8, fall=0.6),
            case("a large mean, unequal lengths", 60, 30, 8, [2, 3, 5], 5, mean=2.5, lengths=0.6),
            case("a size twice", 30, 9, 5, [3, 3, 2], 3, mean=0.6),
            case("one query", 30, 1, 6, [2, 3, 4], 6, mean=0.6),
        ]
        if hard
        else []
    )  # fmt: skip


Q18_RECALL = Check(
    id="Q18-recall",
    title="Recall against k",
    level=2,
    minutes=20,
    points=3,
    function="recall_curve",
    make_cases=_cases,
    oracle=_query_by_query,
    view=_curve,
    compare=close(rtol=0, atol=1e-6),
    misconceptions=(
        Misconception(
            "mean forgotten in the fit",
            variant(centre=False),
            "Your axes are those of the rows as they are: the first then follows the mean. For the "
            "fit subtract the documents' mean.",
        ),
        Misconception(
            "cosine of centred rows",
            variant(apply_mean=True),
            "You subtract the mean from what you turn, and then the cosine is another one: even "
            "with all axes recall is not 1. Use the mean for the fit only.",
        ),
        Misconception(
            "smallest variance first",
            variant(order="rising"),
            "You keep the axes of *least* variance: `eigh` sorts upwards. Turn its columns round "
            "with `[:, ::-1]`.",
        ),
        Misconception(
            "axes in rows",
            variant(rows_as_axes=True),
            "You take rows of the matrix of eigenvectors. `eigh` returns them in the *columns*: "
            "`vectors[:, :k]` once they are sorted.",
        ),
        Misconception(
            "queries in the fit",
            variant(fit="both"),
            "You fit to documents and queries together. Queries come later: fit to the documents "
            "alone.",
        ),
        Misconception(
            "fit on queries",
            variant(fit="queries"),
            "You fit the axes to the queries. The axes belong to the index: fit them to the "
            "documents.",
        ),
        Misconception(
            "queries by axes of their own",
            variant(own_axes=True),
            "Documents and queries go through different axes, and their numbers do not mean the "
            "same. Fit once, to the documents, and use it for both sides.",
        ),
        Misconception(
            "fit to unit rows",
            variant(fit="unit"),
            "You normalise the documents before the fit. Fit to them as they come; normalise after "
            "the cut.",
        ),
        Misconception(
            "not normalised after the cut",
            variant(normalise=False),
            "After the cut you compare dot products of rows of unequal lengths. Normalise both "
            "sides to length 1 after the cut.",
        ),
        Misconception(
            "normalised before the cut",
            variant(before="unit", normalise=False),
            "You normalise and then cut, so that the cut rows are of unequal lengths. Turn and cut "
            "first, then normalise both sides.",
        ),
        Misconception(
            "normalised nowhere",
            variant(normalise=False, truth_by="dot"),
            "You rank by dot products throughout, in full and after the cut. Cosines are asked: "
            "normalise the full rows for the truth, and the cut rows once more.",
        ),
        Misconception(
            "everything centred",
            variant(centred="both"),
            "You subtract the mean from the full vectors, too. The truth is the cosine of the rows "
            "as they come; the mean is for the fit only.",
        ),
        Misconception(
            "documents centred, queries not",
            variant(centred="documents"),
            "You search centred documents by queries that are not centred. The mean belongs into "
            "the fit only: turn the documents as they come.",
        ),
        Misconception(
            "documents overwritten",
            variant(centred="overwritten"),
            "After the fit you go on with centred documents, also in the truth, and the queries "
            "are not centred. Keep the rows as they come for truth and search.",
        ),
        Misconception(
            "truth by dot product",
            variant(truth_by="dot"),
            "Your true neighbours are those by dot product. The cosine of the full vectors is "
            "asked: normalise the rows before you compare them.",
        ),
        Misconception(
            "truth by distance",
            variant(truth_by="distance"),
            "Your true neighbours are those by Euclidean distance of rows of unequal lengths. The "
            "cosine of the full vectors is asked.",
        ),
        Misconception(
            "distance on both sides",
            variant(truth_by="distance", by_distance=True),
            "Both your searches rank by Euclidean distance of rows of unequal lengths. Cosines are "
            "asked, in full and after the cut.",
        ),
        Misconception(
            "truth after the cut",
            variant(truth_by="cut"),
            "You compare the cut search with itself, so recall is always 1. The truth comes from "
            "the full vectors, once, before any cut.",
        ),
        Misconception(
            "one axis too few",
            variant(part=-1),
            "You keep one axis too few: `axes[:, :k]` keeps k of them.",
        ),
        Misconception(
            "one axis too many",
            variant(part=1),
            "You keep one axis too many: `axes[:, :k]` keeps k of them.",
        ),
        Misconception(
            "whitened",
            variant(scale=-0.5),
            "You also divide each axis by its standard deviation: that is whitening. Turn and cut "
            "only.",
        ),
        Misconception(
            "scaled by variance",
            variant(scale=0.5),
            "You multiply each axis by its standard deviation, which counts the first axes twice. "
            "Axes have length 1.",
        ),
        Misconception(
            "first coordinates",
            variant(coordinates=True),
            "You keep the first k coordinates as they come. Turn the rows by the axes first: `rows "
            "@ axes[:, :k]`.",
        ),
        Misconception(
            "counts",
            variant(count=True),
            "You return how many neighbours were found. Return the share: divide by all true "
            "neighbours of all queries.",
        ),
        Misconception(
            "queries with a hit",
            variant(first="any"),
            "You count the queries with any true neighbour among the found. Recall is the share of "
            "all true neighbours that are found.",
        ),
        Misconception(
            "per cent",
            variant(count="percent"),
            "You return per cent. Shares are numbers from 0 to 1.",
        ),
        Misconception(
            "standardised columns",
            variant(fit="standardised"),
            "You divide the columns by their standard deviations for the fit. Subtract the mean, "
            "and leave their scales as they are.",
        ),
        Misconception(
            "first place only",
            variant(first=True),
            "You compare the first place only. Recall is the share of the `top` true neighbours "
            "among the `top` found.",
        ),
        Misconception(
            "position by position",
            place_by_place,
            "You compare place by place, and a swap of two neighbours counts as a loss. Recall "
            "compares sets: is each true neighbour anywhere among the found?",
        ),
        Misconception(
            "sizes sorted",
            variant(by="sorted"),
            "Your recalls come in the order of sorted sizes. Keep the order in which the sizes "
            "were given.",
        ),
        Misconception(
            "zero over zero",
            variant(nan=True),
            "A zero row gives 0 / 0, NaN, and NaN sorts anywhere. A zero row stays zero; by this "
            "rule its cosine is 0.",
        ),
        Misconception(
            "too many wanted",
            variant(over="asked"),
            "With fewer documents than `top` all of them are the true neighbours: divide by how "
            "many there are, not by `top`.",
        ),
        Misconception(
            "32-bit arithmetic",
            variant(kind=np.float32),
            "You compute in 32 bits, and a mean of 4000 leaves too few digits for what varies. "
            "Convert to 64 bits first.",
        ),
    ),
)
