"""The list of opposites, and random partners of about the same frequency."""

import numpy as np
import pytest

from helpers.opposites import TRIPLES, random_partners


def test_triples_are_three_different_words_once():
    words = [word for triple in TRIPLES for word in triple]
    assert len(TRIPLES) >= 60 and all(len(triple) == 3 for triple in TRIPLES)
    assert len(set(words)) == len(words)
    assert all(word.isalpha() and word.islower() for word in words)


def test_partners_are_others_of_about_the_same_rank():
    rows = np.array([0, 5, 300, 999])
    drawn = np.array([random_partners(rows, 1000, seed=seed) for seed in range(200)])
    assert (drawn != rows).all() and drawn.min() >= 0 and drawn.max() < 1000
    assert (np.abs(drawn - rows) <= np.maximum(20, 0.2 * rows)).all()
    assert (random_partners([0, 1], 2) == [1, 0]).all()


@pytest.mark.parametrize("rows, n", [([5], 5), ([-1], 5), ([0], 1)])
def test_bad_input_gets_one_clear_line(rows, n):
    with pytest.raises(ValueError, match="rows must be"):
        random_partners(rows, n)
