"""Answers to Q07-draws."""

import numpy as np

CHECK = "Q07-draws"


def loops(counts, negatives, window, power):
    counts = [float(n) for n in counts]
    tokens, mass = sum(counts), sum(n**power for n in counts)
    rows = []
    for n in counts:
        pairs = n * sum(2 * reach / window for reach in range(1, window + 1))
        draws = negatives * tokens * (window + 1) * n**power / mass
        rows.append([pairs, pairs, draws - draws * n / tokens])
    return rows


def through_a_matrix(counts, negatives, window, power):
    counts = np.array(counts, dtype=np.float64)
    noise = counts**power
    noise /= noise.sum()
    pairs = counts * (window + 1)
    hits = negatives * np.outer(pairs, noise)  # centre, drawn word
    np.fill_diagonal(hits, 0)
    return np.stack([pairs, pairs, hits.sum(axis=0)], axis=1)


def in_32_bits(counts, negatives, window, power):
    counts = np.asarray(counts, dtype=np.int32)
    pairs = counts * np.int32(window + 1)
    noise = counts**power / (counts**power).sum()
    total = np.int32(negatives) * pairs.sum(dtype=np.int32)
    return np.column_stack([pairs, pairs, total * noise * (1 - counts / counts.sum())])


def only_two_columns(counts, negatives, window, power):
    return through_a_matrix(counts, negatives, window, power)[:, :2]


def share_of_draws(counts, negatives, window, power):
    table = through_a_matrix(counts, negatives, window, power)
    table[:, 2] /= max(table[:, 2].sum(), 1e-12)
    return table


def power_of_the_noise(counts, negatives, window, power):
    counts = np.array(counts, dtype=np.float64)
    noise = (counts / counts.sum()) ** power  # not divided by its sum
    pairs = counts * (window + 1)
    draws = negatives * pairs.sum() * noise * (1 - counts / counts.sum())
    return np.stack([pairs, pairs, draws], axis=1)


def always_five(counts, negatives, window, power):
    return through_a_matrix(counts, 5, window, power)


def one_epoch_a_token(counts, negatives, window, power):
    table = through_a_matrix(counts, negatives, window, power)
    table[:, :2] /= window + 1
    return table


def whole_numbers(counts, negatives, window, power):
    return np.round(through_a_matrix(counts, negatives, window, power))


def nothing_thrown_away(counts, negatives, window, power):
    counts = np.array(counts, dtype=np.float64)
    noise = counts**power / (counts**power).sum()
    pairs = counts * (window + 1)
    return np.stack([pairs, pairs, negatives * pairs.sum() * noise], axis=1)


def drawn_again(counts, negatives, window, power):
    counts = np.array(counts, dtype=np.float64)
    noise = counts**power / (counts**power).sum()
    table = through_a_matrix(counts, negatives, window, power)
    for word in range(len(counts)):
        others = [c for c in range(len(counts)) if c != word]
        table[word, 2] = sum(
            counts[c] * (window + 1) * negatives * noise[word] / (1 - noise[c]) for c in others
        )
    return table


RIGHT = [loops, through_a_matrix]
WRONG = [
    (only_two_columns, "the shape (2, 2)"),
    (nothing_thrown_away, "You keep all draws"),
    (drawn_again, "You draw again"),
    (share_of_draws, "not right"),
    (power_of_the_noise, "not right"),
    (always_five, "not right"),
    (one_epoch_a_token, "not right"),
    (whole_numbers, "not right"),
    (lambda counts, negatives, window, power: np.zeros((len(counts), 3)), "not right"),
]
SURVIVORS = {}
