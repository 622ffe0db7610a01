"""Checks of lesson 01, part B1: training pairs, and the list of the part's checks."""

from helpers.checks.comparing import equal
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case
from helpers.checks.word2vec_b1_cbow import Q21_CBOW
from helpers.checks.word2vec_b1_conclusions import Q02_CONCLUSIONS, Q21_CONCLUSIONS
from helpers.checks.word2vec_b1_gradients import Q21_SGNS
from helpers.checks.word2vec_b1_noise import Q02_RECOVER, X_ALIAS

__all__ = ["CHECKS"]


def _pairs(tokens, window, left=None, centre=False, by_word=False):
    left = window if left is None else left
    return [
        (tokens[i], tokens[j])
        for i in range(len(tokens))
        for j in range(max(0, i - left), min(len(tokens), i + window + 1))
        if centre or (tokens[i] != tokens[j] if by_word else i != j)
    ]


def _all_pairs_by_distance(tokens, window):
    """Look at every two positions of the sentence: a pair when they are 1 to `window` apart."""
    places = range(len(tokens))
    return sorted(
        (tokens[i], tokens[j]) for i in places for j in places if 1 <= abs(i - j) <= window
    )


def _wrapped(tokens, window):
    return [
        (tokens[i], context)
        for i in range(len(tokens))
        for context in tokens[i - window : i] + tokens[i + 1 : i + 1 + window]
    ]


def _sorted_pairs(case, output):
    try:
        return sorted((str(centre), str(context)) for centre, context in output)
    except (TypeError, ValueError):
        raise ValueError("the result should be a list of (centre, context) pairs") from None


def _pair_cases(rng, hard):
    fox = "the quick brown fox jumps over the lazy dog".split()
    cases = [
        Case("two words", (["natural", "language"], 1)),
        Case("one word has no context", (["alone"], 2)),
        Case("the course's sentence", ("i love natural language processing".split(), 2)),
        Case("a word that stands twice in one window", ("the more the better".split(), 2)),
        Case("a window longer than the sentence", (fox[:4], 10)),
        Case("nine words", (fox, 3)),
    ]
    for n in (3, 12, 40)[: 3 if hard else 1]:
        words = [f"w{i}" for i in rng.integers(0, 8, n)]
        cases.append(Case(f"{n} random words", (words, int(rng.integers(1, 6)))))
    if hard:
        cases.append(Case("no words at all", ([], 3)))
    return cases


Q21_PAIRS = Check(
    id="Q21-pairs",
    title="List the training pairs of a sentence",
    level=1,
    minutes=6,
    points=2,
    function="list_pairs",
    make_cases=_pair_cases,
    oracle=_all_pairs_by_distance,
    view=_sorted_pairs,
    compare=equal,
    misconceptions=[
        Misconception(
            "window counted in all",
            lambda tokens, window: _pairs(tokens, window // 2, window - window // 2),
            "You share the window between the two sides. In word2vec a window of 2 reaches 2 words "
            "to the left and 2 to the right: up to four contexts.",
        ),
        Misconception(
            "right side only",
            lambda tokens, window: _pairs(tokens, window, left=0),
            "Only words to the right of the centre are paired. The window reaches to both sides.",
        ),
        Misconception(
            "left side only",
            lambda tokens, window: _pairs(tokens, 0, left=window),
            "Only words to the left of the centre are paired. The window reaches to both sides; "
            "remember that a slice ends before its stop.",
        ),
        Misconception(
            "full windows only",
            lambda tokens, window: [
                (tokens[i], tokens[j])
                for i in range(window, len(tokens) - window)
                for j in range(i - window, i + window + 1)
                if j != i
            ],
            "You skip centres near the ends of the sentence. Their windows are smaller, but what "
            "stands in them counts.",
        ),
        Misconception(
            "centre paired with itself",
            lambda tokens, window: _pairs(tokens, window, centre=True),
            "The centre is paired with itself. Skip the position of the centre when you go "
            "through the window.",
        ),
        Misconception(
            "compares words, not positions",
            lambda tokens, window: _pairs(tokens, window, by_word=True),
            "A word that stands twice in a window is lost: you leave out contexts that equal the "
            "centre as words. Leave out the centre's position instead (`j != i`).",
        ),
        Misconception(
            "pairs listed once",
            lambda tokens, window: sorted(set(_pairs(tokens, window))),
            "You list each pair once. A pair that occurs twice is two training examples: keep a "
            "list, not a set.",
        ),
        Misconception(
            "negative start of a slice",
            _wrapped,
            "Near the start of the sentence contexts go missing: `i - window` is negative there, "
            "and a negative index counts from the end. Use `max(0, i - window)`.",
        ),
    ],
)

CHECKS = (
    Q21_PAIRS,
    X_ALIAS,
    Q21_SGNS,
    Q21_CBOW,
    Q21_CONCLUSIONS,
    Q02_RECOVER,
    Q02_CONCLUSIONS,
)
