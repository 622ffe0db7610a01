"""Check of lesson 03, part D: the ranking loss over a batch."""

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check
from helpers.checks.running import Case
from helpers.checks.sentences_d_variants import MISCONCEPTIONS, ranking_oracle

__all__ = ["CHECKS"]


def _pair(rng, n, m, d, noise=1.0):
    """Make queries and documents that are near each other, of quite different lengths."""
    documents = rng.normal(size=(m, d))
    queries = documents[:n] + noise * rng.normal(size=(n, d))
    lengths = rng.uniform(0.3, 3.0, (n + m, 1))
    return queries * lengths[:n], documents * lengths[n:]


def _cases(rng, hard):
    corner = np.array([[3.0, 4.0], [0.0, 2.0]])
    zero_row = _pair(rng, 3, 3, 4)
    zero_row[1][1] = 0.0
    with_twin = _pair(rng, 4, 4, 3)
    with_twin[1][2] = with_twin[1][0]
    late_twin = _pair(rng, 3, 6, 4)
    late_twin[1][5] = late_twin[1][1]
    numbers = (
        np.array([[2, 1, 0], [0, 3, 1], [1, 0, 1]]),
        np.array([[1, 1, 0], [0, 1, 1], [2, 0, 1]]),
    )
    cases = [
        Case("one pair alone", (corner[:1], corner[1:])),
        Case("two pairs, scale = 1", (corner, np.array([[1.0, 0.0], [0.0, 5.0]])), {"scale": 1.0}),
        Case("three pairs", _pair(rng, 3, 3, 4)),
        Case("two pairs and two more documents", _pair(rng, 2, 4, 3)),
        Case("one pair and two more documents", _pair(rng, 1, 3, 3), {"scale": 5.0}),
        Case("a document twice, said in `texts`", with_twin,
             {"texts": np.array([7, 3, 7, 5]), "scale": 2.0}),
        Case("a document twice, `texts` not given", with_twin),
        Case("a twin among the further documents", late_twin,
             {"texts": [0, 1, 2, 3, 4, 1], "scale": 4.0}),
        Case("the wrong document is nearer, scale = 2000",
             (corner[1:], np.array([[1.0, 0.0], [0.0, 5.0]])), {"scale": 2000.0}),
        Case("scale = 2000", _pair(rng, 3, 3, 4, 2.0), {"scale": 2000.0}),
        Case("a document twice, far from its query, scale = 2000",
             (np.array([[1.0, 0.0]]), np.array([[-1.0, 0.2], [-1.0, 0.3], [-1.0, 0.1]])),
             {"texts": [0, 0, 1], "scale": 2000.0}),
        Case("a document of zeros", zero_row),
        Case("whole numbers", numbers, {"scale": 2.0}),
        Case("lists", tuple(part.tolist() for part in _pair(rng, 2, 2, 3)), {"scale": 3.0}),
    ]  # fmt: skip
    if hard:
        big = _pair(rng, 5, 8, 6)
        cases += [
            Case("float32", tuple(part.astype(np.float32) for part in _pair(rng, 4, 6, 5))),
            Case("vectors of length a million", (big[0] * 1e6, big[1] * 1e6)),
            Case("every other row of an array", tuple(p[::2] for p in _pair(rng, 8, 8, 4))),
            Case("all documents the same", (big[0], np.tile(big[1][:1], (5, 1))),
                 {"texts": np.zeros(5, dtype=int)}),
            Case("a batch of 40 with doubles", _pair(rng, 40, 60, 8),
                 {"texts": rng.integers(0, 30, 60)}),
            Case("a query of zeros", (np.zeros((2, 3)), rng.normal(size=(3, 3)))),
        ]  # fmt: skip
    return cases


X_MNRL = Check(
    id="X-mnrl",
    title="The ranking loss over a batch",
    level=2,
    minutes=20,
    points=3,
    function="in_batch_loss",
    make_cases=_cases,
    oracle=ranking_oracle,
    # Wide enough for float32, in which scores of 2,000 are known to 1e-4.
    compare=close(rtol=1e-3, atol=1e-6),
    misconceptions=MISCONCEPTIONS,
)

CHECKS = (X_MNRL,)
