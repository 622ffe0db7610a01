"""Check of lesson 04, part E: the in-batch loss with the popularity correction."""

import numpy as np
import torch
from torch.nn import functional as F

from helpers.checks.comparing import close
from helpers.checks.contrastive_finite import finite
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["CHECKS"]


def _oracle(users, items, numbers, clicks):
    """Go row by row, with the list of the candidates that compete."""
    users, items = (torch.tensor(np.asarray(part, dtype=np.float64)) for part in (users, items))
    numbers, clicks = np.asarray(numbers), np.asarray(clicks, dtype=np.float64)
    log_share = torch.tensor(np.log(clicks[numbers] / clicks.sum()))
    losses = []
    for row in range(len(users)):
        keep = [j for j in range(len(items)) if j == row or numbers[j] != numbers[row]]
        scores = items[keep] @ users[row] - log_share[keep]
        losses.append(F.cross_entropy(scores[None], torch.tensor([keep.index(row)])))
    return torch.stack(losses).mean().item()


def _cases(rng, hard):
    def case(name, numbers, n_items=8, d=3, scale=1.0, dtype=float):
        numbers = np.array(numbers)
        users = scale * rng.normal(size=(len(numbers), d))
        table = scale * rng.normal(size=(n_items, d))
        clicks = np.floor(200 * rng.random(n_items) ** 4).astype(int) + 1
        return Case(name, (users.astype(dtype), table[numbers].astype(dtype), numbers, clicks))

    two = np.array([[1.0, 0.0], [0.0, 2.0]])
    whole = (np.array([[2, 0], [1, 1]]), np.array([[1, 0], [0, 3]]), np.array([0, 1]))
    lists = case("lists", [3, 1])
    even = case("all items equally popular", [2, 0, 1])
    low = np.array([3, 7, 3, 2])
    low_users, low_items = (
        side * 30 * (1 + 0.1 * rng.normal(size=(n, 3))) for side, n in ((1, 4), (-1, 8))
    )
    cases = [
        Case("one row: nothing to choose from", (two[:1], two[1:], np.array([1]),
                                                 np.array([3, 5, 2]))),
        Case("two rows, clicks 1 and 99", (two, two, np.array([0, 1]), np.array([1, 99]))),
        Case("all items equally popular", (*even.args[:3], np.full(8, 5))),
        case("three rows, three items", [4, 0, 6]),
        case("an item twice in the batch", [4, 0, 4]),
        case("an item three times in the batch", [1, 5, 1, 1, 2]),
        case("large scores", [3, 7, 0, 2], scale=30.0),
        Case("an item twice, all scores below -1000", (low_users, low_items[low], low,
                                                       np.arange(1, 9))),
        Case("whole numbers", (*whole, np.array([3, 4]))),
        Case("lists", tuple(part.tolist() for part in lists.args)),
    ]  # fmt: skip
    if hard:
        cases += [
            case("float32", [0, 2, 4, 2], dtype=np.float32),
            case("forty rows", rng.integers(0, 30, 40).tolist(), 30, 6),
            case("all rows the same item", [2, 2, 2]),
            case("sixty rows of five items", rng.integers(0, 5, 60).tolist(), 5, 4),
        ]
    return cases


def _log_sums(scores):
    top = scores.max(axis=1, keepdims=True)
    return top[:, 0] + np.log(np.exp(scores - top).sum(axis=1))


def _variant(*, sign=1.0, power=1.0, which="all", share="log", copies="out",
             reduce=np.mean, stable=True, cosine=False, loss=1.0, index=True, mask=0.0,
             ways=1, of_batch=False):  # fmt: skip
    """Make an answer with one thing changed."""

    def corrected_loss(users, items, numbers, clicks):
        users, items = (np.asarray(part, dtype=np.float64) for part in (users, items))
        numbers, clicks = np.asarray(numbers), np.asarray(clicks, dtype=np.float64)
        if cosine:
            users, items = (
                part / np.linalg.norm(part, axis=1, keepdims=True) for part in (users, items)
            )
        scores = users @ items.T
        if of_batch:
            clicks = np.bincount(numbers, minlength=len(clicks)).astype(float)
        part = (clicks[numbers] if index else clicks[: len(numbers)]) / clicks.sum()
        taken = power * (np.log(part) if share == "log" else part) if power else 0 * part
        taken = np.broadcast_to(taken, scores.shape)
        on_diagonal = np.eye(len(scores), dtype=bool)
        if which == "negatives":
            taken = np.where(on_diagonal, 0.0, taken)
        if which == "positive":
            taken = np.where(on_diagonal, taken, 0.0)
        scores = scores - sign * taken
        right = np.diag(scores).copy()
        same = numbers[:, None] == numbers
        if copies == "out":
            scores = np.where(same & ~on_diagonal, -np.inf, scores)
        elif copies == "own too":
            scores = np.where(same, -np.inf, scores)
        elif copies == "zero":
            scores = np.where(same & ~on_diagonal, mask, scores)
        elif copies == "once":
            scores = scores[:, np.unique(numbers, return_index=True)[1]]
        with np.errstate(all="ignore"):
            if not stable:
                return loss * reduce(np.log(np.exp(scores).sum(axis=1)) - right)
            if ways == 2:
                return loss * reduce(_log_sums(scores) + _log_sums(scores.T) - 2 * right) / 2
            return loss * reduce(_log_sums(scores) - right)

    return corrected_loss


def _unconverted(users, items, numbers, clicks):
    if isinstance(clicks, list):
        raise AttributeError("'list' object has no attribute 'sum'")
    return _oracle(users, items, numbers, clicks)


Q25_CORRECTION = Check(
    id="Q25-correction",
    title="In-batch loss with the popularity correction",
    level=2,
    minutes=20,
    points=4,
    function="corrected_loss",
    make_cases=_cases,
    oracle=_oracle,
    compare=finite(close(rtol=1e-6, atol=1e-9)),
    misconceptions=(
        Misconception(
            "no correction",
            _variant(power=0.0),
            "The correction is missing, or it is one number for a whole row, which cancels in the "
            "softmax. Take log(share of the clicks) of its item off each *column*.",
        ),
        Misconception(
            "correction added",
            _variant(sign=-1.0),
            "You add the log of the share. A popular item is met too often, so each meeting must "
            "weigh less: the log is taken off its score.",
        ),
        Misconception(
            "only the negatives corrected",
            _variant(which="negatives"),
            "The column of the row's own item is not corrected. All candidates are, the right one "
            "too; else it is held back against the others, the more the rarer they are.",
        ),
        Misconception(
            "only the positive corrected",
            _variant(which="positive"),
            "Only the right item is corrected. The others are the sampled ones: correct every "
            "column.",
        ),
        Misconception(
            "share instead of its log",
            _variant(share="plain"),
            "You take off the share itself. Scores are logarithms of odds, so dividing by the "
            "share means subtracting its logarithm.",
        ),
        Misconception(
            "clicks by place in the batch",
            _variant(index=False),
            "You take the clicks by the place in the batch. `clicks` has an entry for each item "
            "number: `clicks[numbers]`.",
        ),
        Misconception(
            "copies count as wrong",
            _variant(copies="in"),
            "All is right but the copies: where another row clicked the same item, it stands in "
            "this row as a wrong answer. Set its score to -inf there.",
        ),
        Misconception(
            "copies scored 0",
            _variant(copies="zero"),
            "Copies get the score 0, and exp(0) = 1 still counts. What must not count at all "
            "needs the score -inf.",
        ),
        *(
            Misconception(
                f"copies scored {mask:g}",
                _variant(copies="zero", mask=mask),
                f"You give copies the score {mask:g}. Where all true scores are lower still, the "
                "copies win. What must not count at all needs the score -inf.",
            )
            for mask in (-100.0, -1000.0)
        ),
        Misconception(
            "each item once in every row",
            _variant(copies="once"),
            "You count each item of the batch once. Only copies of the row's OWN item are left "
            "out; copies of other items stay, one for each row that clicked them.",
        ),
        Misconception(
            "clicks counted in the batch",
            _variant(of_batch=True),
            "You count the clicks of the batch. `clicks` has those of the whole training: take "
            "the shares from there.",
        ),
        Misconception(
            "both directions",
            _variant(ways=2),
            "You take the mean of both directions, as CLIP does. Here only users choose among "
            "items: sums run along the rows.",
        ),
        Misconception(
            "lists not converted",
            _unconverted,
            "Right for arrays, but a list fails. Start with `np.asarray` for all four.",
        ),
        Misconception(
            "own item left out with its copies",
            _variant(copies="own too"),
            "The row's own item is missing in the sum, perhaps because it has the same number as "
            "itself. Only its copies are left out: keep column i of row i.",
        ),
        Misconception(
            "cosines",
            _variant(cosine=True),
            "You normalise the vectors. Here scores are plain dot products: an item's length and "
            "direction may both say how popular it is.",
        ),
        Misconception(
            "sum over the batch",
            _variant(reduce=np.sum),
            "This is the sum over the batch. Take the mean over its rows.",
        ),
        Misconception(
            "exponential overflows",
            _variant(stable=False),
            "Right until the exponential overflows: scores of a thousand give inf. Subtract each "
            "row's largest score inside and add it again outside.",
        ),
        Misconception(
            "sign",
            _variant(loss=-1.0),
            "The sign is the wrong way round: a loss is minus the log of a probability, at "
            "least 0.",
        ),
    ),
)

CHECKS = (Q25_CORRECTION,)
