"""Check of lesson 06, part D: recall under three scores, ties counted against the answer."""

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q26_METRICS"]

TIE = 1e-9


def _one_by_one(queries, documents, answers, k):
    """Count the rivals of each answer, one document after the other."""
    queries = [[float(x) for x in row] for row in queries]
    documents = [[float(x) for x in row] for row in documents]

    def dot(a, b):
        return sum(x * y for x, y in zip(a, b, strict=True))

    def cosine(a, b):
        lengths = (dot(a, a) * dot(b, b)) ** 0.5
        return dot(a, b) / lengths if lengths else 0.0

    def euclid(a, b):
        return -sum((x - y) ** 2 for x, y in zip(a, b, strict=True))

    shares = []
    for score in (dot, cosine, euclid):
        found = 0
        for query, answer in zip(queries, answers, strict=True):
            own = score(query, documents[answer])
            rivals = [
                row for row, document in enumerate(documents)
                if row != answer and score(query, document) >= own - TIE
            ]  # fmt: skip
            found += len(rivals) < k
        shares.append(found / len(queries))
    return np.array(shares)


def _three(case, output):
    shares = as_numbers(output)
    if shares is None or shares.shape != (3,) or shares.dtype.kind == "c":
        raise ValueError("return three numbers: `return dot, cosine, euclid`")
    return shares.astype(np.float64)


def _metric_cases(rng, hard):
    def random(name, q, n, d, k, spread=0.0, kind=float):
        documents = rng.normal(size=(n, d))
        answers = rng.integers(0, n, q)
        queries = documents[answers] + 0.6 * rng.normal(size=(q, d))
        documents = documents * np.exp(spread * rng.normal(size=(n, 1)))
        return Case(name, (queries.astype(kind), documents.astype(kind), answers, k))

    plain = np.array([[1.0, 0], [0, 1], [3, 3]])
    long = np.array([[2.0, 0], [6, 6], [0, 1]])
    doubled = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    close_by, far_off = (np.array([[1, 0.5], [1 - gap, 0.5]]) for gap in (1e-10, 2e-8))
    holes = np.array([[0.0, 0], [1, 1], [0, 2]])
    return [
        Case("three documents", (np.array([[1.0, 0.2]]), plain, [0], 1)),
        Case("a long document", (np.array([[1.0, 0.2], [2, 2]]), long, [0, 1], 1)),
        Case("documents that are there twice", (np.array([[1.0, 0], [0, 2]]), doubled, [0, 3], 1)),
        Case("twice, k = 2", (np.array([[1.0, 0], [0, 2]]), doubled, [0, 3], 2)),
        Case("scores that differ by less than 1e-9", (np.array([[2, 0.3]]), close_by, [0], 1),
             show="recall_by_score([[2, 0.3]], [[1, 0.5], [1 - 1e-10, 0.5]], [0], 1)"),
        Case("scores that differ by more", (np.array([[2, 0.3]]), far_off, [0], 1),
             show="recall_by_score([[2, 0.3]], [[1, 0.5], [1 - 2e-8, 0.5]], [0], 1)"),
        Case("zero vectors", (np.array([[0.0, 0], [1, 0], [-1, -1]]), holes, [0, 1, 0], 1)),
        Case("lists, an answer asked for twice",
             ([[1, 2], [2, 1], [0, 1]], [[0, 2], [2, 1], [1, 1]], [1, 1, 0], 2)),
        Case("k greater than n", (np.array([[1.0, 0.2]]), plain, [1], 5)),
        random("equal lengths", 12, 8, 6, 1),
        random("unequal lengths", 30, 20, 4, 1, spread=0.8),
        random("unequal lengths, k = 3", 30, 20, 4, 3, spread=0.8),
        random("32-bit numbers", 12, 10, 3, 2, spread=0.5, kind=np.float32),
    ] + (
        [
            random("one query, many documents", 1, 60, 3, 4, spread=1.0),
            random("very unequal lengths", 60, 30, 5, 2, spread=2.0),
            Case("one document", (rng.normal(size=(3, 2)), rng.normal(size=(1, 2)), [0, 0, 0], 1)),
            Case("all documents alike", (rng.normal(size=(3, 2)), np.ones((5, 2)), [0, 2, 4], 5)),
        ]
        if hard
        else []
    )  # fmt: skip


def _variant(
    *, far_first=False, cosine_by="both", ties="against", least=0, own_row=False, top=None,
    unit_euclid=False, zero="0", count=False, room=TIE,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def unit(rows):
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        with np.errstate(all="ignore"):
            return rows / (np.where(lengths == 0, 1, lengths) if zero == "0" else lengths)

    def answer(queries, documents, answers, k):
        queries, documents = np.array(queries, float), np.array(documents, float)
        answers = np.array(answers)
        if own_row:
            answers = np.arange(len(queries)) % len(documents)
        a = unit(queries) if cosine_by in ("both", "query") else queries
        b = unit(documents) if cosine_by == "both" else documents
        x, y = (unit(queries), unit(documents)) if unit_euclid else (queries, documents)
        near = 2 * x @ y.T - (y**2).sum(axis=1)
        shares = []
        for scores in (queries @ documents.T, a @ b.T, -near if far_first else near):
            own = np.take_along_axis(scores, answers[:, None], axis=1)
            with np.errstate(all="ignore"):
                if ties == "against":
                    rivals = (scores >= own - room).sum(axis=1) - 1
                else:
                    rivals = (scores > own + TIE).sum(axis=1)
                if ties == "by row":
                    before = np.arange(len(documents)) < answers[:, None]
                    rivals += (before & (np.abs(scores - own) <= TIE)).sum(axis=1)
                if zero == "last":
                    rivals = np.where(np.isnan(own[:, 0]), len(documents), rivals)
            found = rivals < (k if top is None else top) + least
            shares.append(found.sum() if count else found.mean())
        return tuple(shares)

    return answer


Q26_METRICS = Check(
    id="Q26-metrics",
    title="Recall under three scores",
    level=2,
    minutes=20,
    points=3,
    function="recall_by_score",
    make_cases=_metric_cases,
    oracle=_one_by_one,
    view=_three,
    compare=close(rtol=1e-9, atol=1e-9),
    misconceptions=(
        Misconception(
            "largest distance first",
            _variant(far_first=True),
            "Dot and cosine are right. For Euclid, *small* is good: rank by the negative squared "
            "distance, or turn the comparison round.",
        ),
        Misconception(
            "only the query normalised",
            _variant(cosine_by="query"),
            "Your cosine ranks as the dot product does: only the query is normalised, and its "
            "length is the same for all documents. Divide by the documents' lengths.",
        ),
        Misconception(
            "Euclid on unit vectors",
            _variant(unit_euclid=True),
            "Your Euclid is that of normalised vectors, which ranks as the cosine does. Take the "
            "vectors as they come: the question is what happens if one forgets.",
        ),
        Misconception(
            "ties for the answer",
            _variant(ties="for"),
            "You let the answer win ties. Then vectors that are all the same would find "
            "everything. A document that is as good as the answer counts as before it.",
        ),
        Misconception(
            "no room for rounding",
            _variant(room=0),
            "Your answer wins by a difference of less than 1e-9, which may be rounding. Such "
            "scores count as equal, and ties go against the answer.",
        ),
        Misconception(
            "too much room",
            _variant(room=1e-6),
            "Your answer ties with a document that is a little worse: scores that differ by more "
            "than 1e-9 are not equal, and 32 bits have too few digits to tell.",
        ),
        Misconception(
            "ties by row",
            _variant(ties="by row"),
            "You sort and take the first k, so of equal scores the document with the lower row "
            "comes first, by luck. Count the documents that are at least as good as the answer.",
        ),
        Misconception(
            "counts",
            _variant(count=True),
            "You return how many answers were found. Return the share: divide by the number of "
            "queries.",
        ),
        Misconception(
            "one place too many",
            _variant(least=1),
            "You count the answer as found with k documents before it: that is place k + 1. It "
            "needs *fewer* than k.",
        ),
        Misconception(
            "the answer its own rival",
            _variant(least=-1),
            "You count the answer among its own rivals, since it is as good as itself. Take one "
            "off.",
        ),
        Misconception(
            "first place only",
            _variant(top=1),
            "Your numbers are right for k = 1, but `k` has no effect: fewer than k documents may "
            "be as good as the answer.",
        ),
        Misconception(
            "row i the answer",
            _variant(own_row=True),
            "You take document i for the answer to query i. It is document `answers[i]`.",
        ),
        Misconception(
            "zero over zero",
            _variant(zero="last"),
            "A zero vector gives 0 / 0 in your cosine. It has no direction; by the rule of this "
            "exercise its cosine is 0.",
        ),
        Misconception(
            "zero over zero, found",
            _variant(zero="first"),
            "A zero vector gives 0 / 0, NaN, in your cosine, and no document counts as good as "
            "NaN, so the answer is found. By the rule of this exercise the cosine is 0.",
        ),
    ),
)
