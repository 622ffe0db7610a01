"""Right and wrong answers to Q01-updates."""

import numpy as np

CHECK = "Q01-updates"


def with_matrices(sentence, reaches, word):
    """Mark centre-context pairs in a matrix and sum."""
    n = len(sentence)
    reaches = np.asarray(reaches, dtype=int).reshape(n, 1)
    here = np.array([w == word for w in sentence], dtype=float)
    apart = np.abs(np.arange(n)[:, None] - np.arange(n)[None, :])
    inside = ((apart > 0) & (apart <= reaches)).astype(float)
    sizes = inside.sum(axis=1)
    hits = inside @ here
    shares = np.divide(hits, sizes, out=np.zeros(n), where=sizes > 0)
    steps = here @ (sizes > 0)
    return [[hits.sum(), here @ sizes], [hits.sum(), steps], [shares.sum(), steps]]


def by_context(sentence, reaches, word):
    """Look from the word's own places at the centres that reach them."""
    n = len(sentence)
    sizes = [min(n, i + reaches[i] + 1) - max(0, i - reaches[i]) - 1 for i in range(n)]
    v = corrected = pairs = steps = 0
    for j in (j for j in range(n) if sentence[j] == word):
        reached = [i for i in range(n) if i != j and abs(i - j) <= reaches[i]]
        v += len(reached)
        corrected += sum(1 / sizes[i] for i in reached)
        pairs += sizes[j]
        steps += sizes[j] > 0
    return np.array([[v, pairs], [v, steps], [corrected, steps]], dtype=np.float32)


def with_torch(sentence, reaches, word):
    """The same with tensors."""
    import torch

    return torch.tensor(np.array(with_matrices(sentence, reaches, word)))


def textbook(sentence, reaches, word):
    """CBOW gives n updates to both vectors, as it is usually told."""
    table = np.array(with_matrices(sentence, reaches, word))
    table[1:, 0] = table[0, 1]
    return table


def pairs_as_in_part_two(sentence, reaches, word):
    """Let skip-gram move v of the centre and u of the context word."""
    (v, u), *others = np.array(with_matrices(sentence, reaches, word)).tolist()
    return [[u, v], *others]


def undivided(sentence, reaches, word):
    """Forget the division in the last row."""
    skipgram, cbow, _ = with_matrices(sentence, reaches, word)
    return [skipgram, cbow, cbow]


def slices(sentence, reaches, word):
    """Cut the windows without a lower bound."""
    sentence = list(sentence)
    table = np.zeros((3, 2))
    for i in range(len(sentence)):
        window = sentence[i - reaches[i] : i] + sentence[i + 1 : i + reaches[i] + 1]
        for other in window:
            table[:, 0] += (other == word) * np.array([1, 1, 1 / len(window)])
        table[:, 1] += (sentence[i] == word) * np.array([len(window), bool(window), bool(window)])
    return table


def rows_are_vectors(sentence, reaches, word):
    """Exchange rows and columns."""
    return np.array(with_matrices(sentence, reaches, word)).T


def left_only(sentence, reaches, word):
    """Look at the left side of each window only."""
    table = np.zeros((3, 2))
    for i in range(len(sentence)):
        window = sentence[max(0, i - reaches[i]) : i]
        if window:
            hits = window.count(word)
            table[:, 0] += [hits, hits, hits / len(window)]
            table[:, 1] += np.array([len(window), 1, 1]) * (sentence[i] == word)
    return table


def corrected_by_mean_size(sentence, reaches, word):
    """Divide the total by the mean size of the windows."""
    table = np.array(with_matrices(sentence, reaches, word))
    sizes = [min(len(sentence), i + r + 1) - max(0, i - r) - 1 for i, r in enumerate(reaches)]
    table[2, 0] = table[1, 0] / max(np.mean(sizes), 1) if sizes else 0
    return table


def only_skipgram(sentence, reaches, word):
    """Return the first row only."""
    return with_matrices(sentence, reaches, word)[0]


RIGHT = [with_matrices, by_context, with_torch]
WRONG = [
    (textbook, "values are not right"),
    (pairs_as_in_part_two, "reads each pair the other way round"),
    (undivided, "it counts 1/m"),
    (slices, "Use `max(0, i - reach)`"),
    (rows_are_vectors, "the shape"),
    (left_only, "not right"),
    (corrected_by_mean_size, "first at [2, 0]"),
    (only_skipgram, "the shape"),
]
SURVIVORS = {
    "low, high = (max(0, i - reaches[i]), i + reaches[i] + 1): "
    "max(0, i - reaches[i]) -> max(i - reaches[i], 0)": "max does not depend on the order",
}
