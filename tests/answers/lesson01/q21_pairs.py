"""Answers to Q21-pairs."""

from itertools import combinations

CHECK = "Q21-pairs"


def both_ways(tokens, window):
    close = [(i, j) for i, j in combinations(range(len(tokens)), 2) if j - i <= window]
    return [(tokens[a], tokens[b]) for i, j in close for a, b in ((i, j), (j, i))]


def by_slices(tokens, window):
    pairs = []
    for i, centre in enumerate(tokens):
        around = tokens[max(0, i - window) : i] + tokens[i + 1 : i + 1 + window]
        pairs += [(centre, context) for context in around]
    return pairs


def by_distance(tokens, window):
    pairs = []
    for distance in range(1, window + 1):
        pairs += list(zip(tokens, tokens[distance:], strict=False))
        pairs += [[right, left] for left, right in zip(tokens, tokens[distance:], strict=False)]
    return pairs


def no_repeats(tokens, window):
    return sorted(set(by_slices(tokens, window)))


def right_end_short(tokens, window):
    n = len(tokens)
    return [
        (tokens[i], tokens[j])
        for i in range(n)
        for j in range(max(0, i - window), min(n, i + window))
        if j != i
    ]


def whole_windows_only(tokens, window):
    whole = range(window, len(tokens) - window)
    return [(tokens[i], tokens[i + o]) for i in whole for o in range(-window, window + 1) if o]


def each_pair_once(tokens, window):
    close = combinations(range(len(tokens)), 2)
    return [tuple(sorted((tokens[i], tokens[j]))) for i, j in close if j - i <= window]


def contexts_only(tokens, window):
    return [context for _, context in by_slices(tokens, window)]


RIGHT = [both_ways, by_slices, by_distance]
WRONG = [
    (no_repeats, "You list each pair once"),
    (right_end_short, "not right yet"),
    (whole_windows_only, "You skip centres near the ends"),
    (each_pair_once, "not right yet"),
    (contexts_only, "(centre, context) pairs"),
    (lambda tokens, window: None, "(centre, context) pairs"),
]
_LOOP = "for j in range(max(0, i - window), min(len(tokens), i + window + 1)):: "
SURVIVORS = {
    _LOOP + "max(0, i - window) -> max(i - window, 0)": "max treats its arguments alike",
    _LOOP + "min(len(tokens), i + window + 1) -> min(i + window + 1, len(tokens))": (
        "min treats its arguments alike"
    ),
}
