"""Answers to Q06-growing."""

from collections import defaultdict

import numpy as np
from scipy.sparse import coo_array

CHECK = "Q06-growing"


def with_pairs(old_words, old, new_words, new):
    words = [*old_words, *(word for word in new_words if word not in old_words)]
    sums = defaultdict(float)
    for names, table in ((old_words, old), (new_words, new)):
        for (i, j), count in np.ndenumerate(np.asarray(table, dtype=float)):
            sums[words.index(names[i]), words.index(names[j])] += count
    return words, [[sums[i, j] for j in range(len(words))] for i in range(len(words))] or np.zeros(
        (0, 0)
    )


def with_sparse(old_words, old, new_words, new):
    place = {word: i for i, word in enumerate(dict.fromkeys([*old_words, *new_words]))}
    total = np.zeros((len(place), len(place)))
    for names, table in ((old_words, old), (new_words, new)):
        ids = np.array([place[word] for word in names], dtype=int)
        table = np.asarray(table, dtype=float).reshape(len(ids), len(ids))
        rows, columns = np.nonzero(table)
        total += coo_array((table[rows, columns], (ids[rows], ids[columns])), total.shape).toarray()
    return list(place), total


def with_selection(old_words, old, new_words, new):
    """P old P^T + Q new Q^T with selection matrices."""
    words = list(dict.fromkeys([*old_words, *new_words]))

    def placed(names, table):
        select = np.array([[float(word == name) for name in names] for word in words])
        select = select.reshape(len(words), len(names))
        return select @ np.asarray(table, dtype=float).reshape(len(names), len(names)) @ select.T

    return tuple(words), placed(old_words, old) + placed(new_words, new)


def new_first(old_words, old, new_words, new):
    words, total = with_sparse(new_words, new, old_words, old)
    return words, total


def only_common(old_words, old, new_words, new):
    words, total = with_sparse(old_words, old, new_words, new)
    kept = [i for i, word in enumerate(words) if word in old_words and word in new_words]
    return [words[i] for i in kept], total[np.ix_(kept, kept)]


def maximum(old_words, old, new_words, new):
    words, total = with_sparse(old_words, old, new_words, new)
    _, one = with_sparse(old_words, old, words, np.zeros((len(words),) * 2))
    return words, np.maximum(one, total - one)


def symmetrised(old_words, old, new_words, new):
    words, total = with_sparse(old_words, old, new_words, new)
    return words, (total + total.T) / 2


def new_columns_only(old_words, old, new_words, new):
    words, total = with_sparse(old_words, old, new_words, new)
    return words, total[: len(old_words)]


def table_only(*args):
    return with_sparse(*args)[1]


def a_set_of_words(*args):
    words, total = with_sparse(*args)
    return set(words), total


def in_reverse(old_words, old, new_words, new):
    words, total = with_sparse(old_words, old, new_words, new)
    n = len(old_words)
    order = [*range(n), *range(len(words) - 1, n - 1, -1)]
    return [words[i] for i in order], total[np.ix_(order, order)]


def only_pairs_that_met(old_words, old, new_words, new):
    words, total = with_pairs(old_words, old, new_words, new)
    total = np.array(total)
    met = [i for i in range(len(words)) if total[i].sum() + total[:, i].sum() > 0]
    return [words[i] for i in met], total[met][:, met]


RIGHT = [with_pairs, with_sparse, with_selection]
WRONG = [
    (new_first, "item 0"),
    (in_reverse, "a set keeps no order"),
    (only_pairs_that_met, "You drop words that met nobody"),
    (only_common, "in part 1 of the result, the result has"),
    (maximum, "in part 2 of the result"),
    (symmetrised, "in part 2 of the result"),
    (new_columns_only, "in part 2 of the result"),
    (table_only, "2 values should come back"),
    (a_set_of_words, "a list should come back"),
]
SURVIVORS = {}
