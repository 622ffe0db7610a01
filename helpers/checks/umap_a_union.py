"""Check of lesson 08, part 1: the fuzzy union of both directions."""

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_UNION"]


def _by_pairs(directed, mix=1.0):
    """Go through all pairs: 1 - (1 - a)(1 - b) is the chance that one of two holds."""
    n = len(directed)
    joined = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            a, b = float(directed[i][j]), float(directed[j][i])
            joined[i, j] = mix * (1 - (1 - a) * (1 - b)) + (1 - mix) * a * b
    return joined


def _union_cases(rng, hard):
    def sparse(n, share=0.4):
        v = rng.uniform(0.05, 0.95, (n, n)) * (rng.random((n, n)) < share)
        np.fill_diagonal(v, 0)
        return v

    one_way = np.array([[0, 0.5], [0, 0]])
    both = np.array([[0, 0.5], [0.8, 0]])
    cases = [
        Case("an edge one way", (one_way,)),
        Case("an edge both ways", (both,)),
        Case("both ways, mix 0", (both,), {"mix": 0.0}),
        Case("both ways, mix 0.25", (both,), {"mix": 0.25}),
        Case("certain and uncertain", (np.array([[0, 1, 0.3], [1, 0, 1], [0.6, 0, 0]]),)),
        Case("six points", (sparse(6),)),
        Case("six points, mix 0.5", (sparse(6, 0.8),), {"mix": 0.5}),
        Case("no edges", (np.zeros((3, 3)),)),
        Case("lists of whole numbers", ([[0, 1, 0], [1, 0, 0], [1, 1, 0]],)),
        Case("32-bit numbers", (sparse(5, 0.7).astype(np.float32),)),
        Case("one point", (np.zeros((1, 1)),)),
    ]
    if hard:
        cases += [
            Case("thirty points", (sparse(30),), {"mix": 0.9}),
            Case("lists", (sparse(4).tolist(),), {"mix": 0.0}),
            Case("transposed memory", (np.asfortranarray(sparse(7)),)),
        ]
    return cases


def _union(a, b):
    return a + b - a * b


def _variant(join=_union, meet=lambda a, b: a * b, blend=lambda m: (m, 1 - m)):
    def fuzzy_union(directed, mix=1.0):
        a = np.array(directed, dtype=float)
        first, second = blend(mix)
        return first * join(a, a.T) + second * meet(a, a.T)

    return fuzzy_union


def _shaped(change):
    """Change the right result."""
    right = _variant()
    return lambda directed, mix=1.0: change(right(directed, mix))


def _real(case, output):
    numbers = as_numbers(output)
    if numbers is not None and np.iscomplexobj(numbers):
        raise ValueError("memberships are real numbers, yours are complex")
    return output


X_UNION = Check(
    id="X-union",
    title="The fuzzy union",
    level=1,
    minutes=10,
    points=2,
    function="fuzzy_union",
    make_cases=_union_cases,
    oracle=_by_pairs,
    view=_real,
    compare=close(rtol=1e-5, atol=1e-7),
    misconceptions=(
        Misconception(
            "the larger of the two",
            _variant(join=np.maximum),
            "You take the larger membership. That is a fuzzy union too, but not UMAP's: two "
            "half-sure votes are to give more than one, v_ij + v_ji - v_ij v_ji.",
        ),
        Misconception(
            "the larger of the two, mix left out",
            _variant(join=np.maximum, blend=lambda m: (1, 0)),
            "You take the larger membership. That is a fuzzy union too, but not UMAP's, which is "
            "v_ij + v_ji - v_ij v_ji. And `mix` has no effect yet.",
        ),
        Misconception(
            "the larger and the smaller",
            _variant(join=np.maximum, meet=np.minimum),
            "You take the larger of the two as the union and the smaller as the intersection. "
            "UMAP reads memberships as the chances of independent events: "
            "v_ij + v_ji - v_ij v_ji, and v_ij v_ji.",
        ),
        Misconception(
            "their sum",
            _variant(join=lambda a, b: a + b),
            "You add both directions. Two memberships of .8 would give 1.6: take off the product, "
            "v_ij v_ji, as for the chance that at least one of two events happens.",
        ),
        Misconception(
            "their sum, cut at 1",
            _variant(join=lambda a, b: np.minimum(a + b, 1)),
            "You cut the sum at 1. Take off the product v_ij v_ji instead: that never passes 1.",
        ),
        Misconception(
            "their mean",
            _variant(join=lambda a, b: (a + b) / 2),
            "You take the mean, so an edge that only one of the two wants loses half its weight. "
            "In the union it keeps all: v + 0 - v * 0 = v.",
        ),
        Misconception(
            "their mean, mix left out",
            _variant(join=lambda a, b: (a + b) / 2, blend=lambda m: (1, 0)),
            "You take the mean, so an edge that only one of the two wants loses half its weight. "
            "The union is v_ij + v_ji - v_ij v_ji. And `mix` has no effect yet.",
        ),
        Misconception(
            "the intersection",
            _variant(join=lambda a, b: a * b),
            "You multiply the two at mix 1: that is the intersection, and an edge that only one of "
            "the two wants vanishes. The union is v_ij + v_ji - v_ij v_ji.",
        ),
        Misconception(
            "one direction only",
            _variant(join=lambda a, b: a, meet=lambda a, b: a),
            "You return the memberships as they came. The result is symmetric: v_ij goes "
            "together with v_ji, `v.T`.",
        ),
        Misconception(
            "a product of matrices",
            _variant(join=lambda a, b: a + b - a @ b, meet=lambda a, b: a @ b),
            "You take a product of matrices (@). What is meant is the product of two numbers, v_ij "
            "and v_ji: `v * v.T`.",
        ),
        Misconception(
            "the transpose forgotten in the product",
            _variant(join=lambda a, b: a + b - a * a, meet=lambda a, b: a * a),
            "You take off v_ij squared. The product is that of both directions, `v * v.T`.",
        ),
        Misconception(
            "mix left out",
            _variant(blend=lambda m: (1, 0)),
            "Right for mix 1, but `mix` has no effect: return mix * union + (1 - mix) * "
            "intersection.",
        ),
        Misconception(
            "mix the wrong way round",
            _variant(blend=lambda m: (1 - m, m)),
            "You give the intersection at mix 1 and the union at mix 0. It is the other way round.",
        ),
        Misconception(
            "the intersection left out",
            _variant(blend=lambda m: (m, 0)),
            "You scale the union by `mix` and leave it at that. Add (1 - mix) times the "
            "intersection, v_ij v_ji.",
        ),
        Misconception(
            "one triangle only",
            _shaped(np.triu),
            "You fill the places above the diagonal only. The graph is symmetric: fill [j, i] too.",
        ),
        Misconception(
            "ones on the diagonal",
            _shaped(lambda joined: joined - np.diag(np.diag(joined)) + np.eye(len(joined))),
            "You put 1 on the diagonal. No edge leads from a point to itself: leave it at 0.",
        ),
        Misconception(
            "mix as a switch",
            _variant(blend=lambda m: (1, 0) if m >= 0.5 else (0, 1)),
            "You use `mix` as a switch. It blends: mix * union + (1 - mix) * intersection.",
        ),
        Misconception(
            "the smaller as the intersection",
            _variant(meet=np.minimum),
            "Your union is right. Your intersection is the smaller of the two; UMAP's is their "
            "product.",
        ),
    ),
)
