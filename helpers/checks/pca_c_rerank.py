"""Check of lesson 07, part C: search cut vectors, then rescore the candidates in full."""

import math

import numpy as np

from helpers.checks.comparing import as_numbers
from helpers.checks.core import Check, Misconception
from helpers.checks.pca_c_rerank_wrong import variant
from helpers.checks.running import Case

__all__ = ["Q18_RERANK"]


def _one_by_one(documents, queries, axes, candidates, top):
    """Score document by document and count the multiplications of the dot products."""
    documents, queries = np.array(documents, dtype=float), np.array(queries, dtype=float)
    axes = np.array(axes, dtype=float)

    def cosine(a, b):
        lengths = math.sqrt(a @ a) * math.sqrt(b @ b)
        return a @ b / lengths if lengths else 0.0

    (n, d), k = documents.shape, axes.shape[1]
    cut = [axes.T @ document for document in documents]
    found = []
    for query in queries:
        asked = axes.T @ query
        rough = [cosine(asked, row) for row in cut]
        proposed = sorted(range(n), key=lambda row: -rough[row])[:candidates]
        exact = {row: cosine(query, documents[row]) for row in proposed}
        found.append(sorted(proposed, key=lambda row: -exact[row])[:top])
    return np.array(found), d * k + n * k + min(candidates, n) * d


def _both(case, output):
    if not isinstance(output, list | tuple) or len(output) != 2:
        raise ValueError("return the rows and the number, `return rows, multiplications`")
    rows, work = (as_numbers(part) for part in output)
    whole = rows is not None and (
        rows.dtype.kind in "iu" or (rows.dtype.kind == "f" and not (rows % 1 != 0).any())
    )
    if not whole or rows.ndim != 2:
        raise ValueError("the first result should be a table of row numbers (q, top)")
    if work is None or work.shape != () or work.dtype.kind not in "iuf":
        raise ValueError("the second result should be one number: multiplications of one query")
    return rows, float(work)


def _rows_then_work(got, expected):
    (rows, work), (right, wanted) = got, expected
    if rows.shape != right.shape:
        return f"the rows have the shape {rows.shape}, where {right.shape} should come back"
    if (rows != right).any():
        bad = (rows != right).any(axis=1)
        same = all(set(a) == set(b) for a, b in zip(rows.tolist(), right.tolist(), strict=True))
        why = " (the right ones, in another order)" if same else ""
        return f"the rows of {bad.sum()} of {len(bad)} queries are not right{why}"
    if not abs(work - wanted) <= 1e-6:  # NaN is wrong as well
        return f"the rows are right; multiplications of a query: {work:g}, not {wanted:g}"
    return None


def _cases(rng, hard):
    def case(name, n, q, d, k, candidates, top, lengths=0.0, mean=0.0, kind=float, noise=0.7):
        axes = np.linalg.qr(rng.normal(size=(d, d)))[0][:, :k]
        documents = rng.normal(size=(n, d)) + mean
        queries = documents[rng.integers(0, n, q)] + noise * rng.normal(size=(q, d))
        documents = documents * np.exp(lengths * rng.normal(size=(n, 1)))
        inputs = (a.astype(kind) for a in (documents, queries, axes))
        return Case(name, (*inputs, candidates, top))

    documents = np.array([[3.0, 0, 1], [1, 1, -2], [0, 2, 5], [2, 3, 0]])
    plane = np.array([[1.0, 0], [0, 1], [0, 0]])
    # Only against negative cosines does the 0 of a zero row count.
    zero = case("a zero row, queries on the other side", 12, 5, 4, 2, 6, 3, mean=2.0)
    zero.args[0][2], zero.args[1][:] = 0, -zero.args[1]
    large = case("32-bit numbers, mean 3000", 30, 8, 5, 3, 9, 3, kind=np.float32)
    for part in large.args[:2]:
        part += np.float32(3000)
    whole = rng.integers(-50, 50, (12, 3))
    return [
        Case("four documents, the first two axes", (documents, [[1.0, 0.2, 3]], plane, 2, 1)),
        Case("candidates = top", (documents, [[1.0, 0.2, 3], [-1, 2, 1]], plane, 3, 3)),
        case("two axes of three", 10, 6, 3, 2, 5, 2),
        case("random", 30, 12, 6, 2, 8, 3),
        case("unequal lengths", 30, 14, 5, 2, 8, 3, lengths=0.9),
        case("one candidate", 20, 8, 6, 3, 1, 1),
        case("all documents are candidates", 15, 6, 5, 2, 15, 4),
        case("more candidates than documents", 9, 5, 4, 2, 30, 3),
        case("nothing cut", 15, 6, 4, 4, 5, 3, lengths=0.5),
        case("a mean", 40, 12, 6, 3, 10, 4, mean=1.5),
        zero,
        large,
        Case("lists of whole numbers",
             (whole.tolist(), [[3, -7, 20], [-11, 2, 5]], [[0, 1], [1, 0], [0, 0]], 6, 4)),
    ] + (
        [
            case("many documents", 150, 30, 12, 4, 30, 10, lengths=0.4),
            case("wide", 60, 10, 40, 6, 12, 5, mean=0.3),
            case("one query, one document", 1, 1, 3, 2, 1, 1),
        ]
        if hard
        else []
    )  # fmt: skip


Q18_RERANK = Check(
    id="Q18-rerank",
    title="Cut, propose, rescore",
    level=2,
    minutes=20,
    points=3,
    function="cut_and_rescore",
    make_cases=_cases,
    oracle=_one_by_one,
    view=_both,
    compare=_rows_then_work,
    misconceptions=(
        Misconception(
            "never rescored",
            variant(rescore=False),
            "Your rows keep the order of the cut search. Score the candidates again with the full "
            "vectors before you take the best.",
        ),
        Misconception(
            "candidates not in order",
            variant(order=False),
            "You have the right rows, but not best first: sort them by the full score.",
        ),
        Misconception(
            "only top proposed",
            variant(proposed="top"),
            "The cut search proposes only `top` rows, and rescoring can merely reorder them. Take "
            "`candidates` rows from it.",
        ),
        Misconception(
            "everything rescored",
            variant(proposed="all"),
            "You score all documents in full, so the cut has no effect (and saves nothing). Only "
            "the `candidates` best of the cut search get a second look.",
        ),
        Misconception(
            "not normalised after the cut",
            variant(cut_unit="never"),
            "Your cut search ranks by dot products of rows of unequal lengths. Normalise both "
            "sides after the cut.",
        ),
        Misconception(
            "normalised before the cut",
            variant(cut_unit="before"),
            "You normalise and then cut, so that the cut rows are of unequal lengths. Turn and cut "
            "first, then normalise.",
        ),
        Misconception(
            "full dot product",
            variant(full="dot"),
            "Your second look ranks by the raw dot product, which favours long documents. The "
            "cosine of the full vectors is asked.",
        ),
        Misconception(
            "full distance",
            variant(full="distance"),
            "Your second look ranks by Euclidean distance of rows of unequal lengths. The cosine "
            "of the full vectors is asked.",
        ),
        Misconception(
            "second look at cut rows",
            variant(full="cut"),
            "Your second look scores the cut vectors again. It has to read the *full* rows of the "
            "candidates, `documents[rows]`.",
        ),
        Misconception(
            "second look at centred rows",
            variant(full="centred"),
            "Your second look subtracts the mean, and the cosine becomes another one. Score the "
            "full rows as they are.",
        ),
        Misconception(
            "second look added to the first",
            variant(full="sum"),
            "You add the full score to that of the cut search. The cut only proposes: order the "
            "candidates by the full cosine alone.",
        ),
        Misconception(
            "cut search by distance",
            variant(cut_unit="never", rough="distance"),
            "Your cut search ranks by the distance of rows of unequal lengths. Normalise both "
            "sides after the cut.",
        ),
        Misconception(
            "places for rows",
            variant(places=True),
            "You return places among the candidates. Translate them: `rows[best]` are the rows of "
            "the documents.",
        ),
        Misconception(
            "worst first",
            variant(worst=True),
            "Your second look returns the *worst* candidates: a large cosine is good, and "
            "`argsort` sorts upwards.",
        ),
        Misconception(
            "first coordinates",
            variant(coordinates=True),
            "You keep the first k coordinates and never use the axes. Turn with `documents @ "
            "axes`.",
        ),
        Misconception(
            "centred before the cut",
            variant(centred=True),
            "You subtract the documents' mean before the cut, and the cosine becomes another one. "
            "Turn the rows as they are.",
        ),
        Misconception(
            "zero over zero",
            variant(nan=True),
            "A zero row gives 0 / 0, NaN, which sorts anywhere. A zero row stays zero: its cosine "
            "is 0.",
        ),
        Misconception(
            "32-bit arithmetic",
            variant(kind=np.float32),
            "You compute in 32 bits, and rows around 3000 differ in the last digits only. Convert "
            "to 64 bits first.",
        ),
        Misconception(
            "turn forgotten",
            variant(work="no turn"),
            "Your rows are right. The count lacks the turn of the query: d times k multiplications "
            "before the search starts.",
        ),
        Misconception(
            "second look forgotten",
            variant(work="first"),
            "Your rows are right. The count lacks the second look: d multiplications for each "
            "candidate.",
        ),
        Misconception(
            "first search only",
            variant(work="first only"),
            "Your rows are right. Your count has the cut search, n times k, but neither the turn "
            "of the query (d k) nor the second look.",
        ),
        Misconception(
            "all rescored, in the count",
            variant(work="all n"),
            "Your rows are right. Your count scores all n documents in full: the second look is at "
            "the candidates only.",
        ),
        Misconception(
            "cut second look, in the count",
            variant(work="short"),
            "Your rows are right. In your count the second look costs k a candidate, but it reads "
            "full vectors, of d numbers.",
        ),
        Misconception(
            "candidates cost d + k",
            variant(work="both"),
            "Your rows are right. You count k once more for each candidate, but its cut score is "
            "among the n k already.",
        ),
        Misconception(
            "additions too",
            variant(work="twice"),
            "Your rows are right. Your count is twice the right one: multiplications only, no "
            "additions.",
        ),
        Misconception(
            "second look only",
            variant(work="last only"),
            "Your rows are right. Your count has the second look only. The turn of the query (d k) "
            "and the cut search (n k) belong to it.",
        ),
        Misconception(
            "only top in the count",
            variant(work="top"),
            "Your rows are right. In your count the second look is at `top` documents, but all "
            "candidates are scored.",
        ),
        Misconception(
            "all queries",
            variant(work="every query"),
            "Your rows are right. You count all queries; the multiplications of *one* are wanted.",
        ),
        Misconception(
            "documents turned again",
            variant(work="turn all"),
            "Your rows are right. You count turning the documents, but that is done once, when the "
            "index is built.",
        ),
        Misconception(
            "exact search",
            variant(work="full"),
            "Your rows are right. Your count is that of an exact search of full vectors, n d: the "
            "cut search costs n k.",
        ),
        Misconception(
            "more candidates than there are",
            variant(work="over"),
            "With more candidates asked for than documents, no more than n are scored in full: "
            "count min(candidates, n).",
        ),
    ),
)
