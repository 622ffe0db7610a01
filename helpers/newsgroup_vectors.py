"""Posts of twenty newsgroups as sentence vectors, the same number of each group."""

from typing import NamedTuple

import numpy as np

from helpers import data
from helpers.encoded import encoded

__all__ = ["NewsgroupVectors", "newsgroup_vectors"]

_SHORTEST = 20  # words; shorter posts are greetings and signatures


class NewsgroupVectors(NamedTuple):
    """Posts, their groups and their vectors, in an order drawn at random.

    Attributes
    ----------
    texts : list of str
        n posts, in lower case and without punctuation.
    labels : ndarray (n,), int64
        The row of `names` that is each post's group.
    names : tuple of str
        The groups by alphabet, such as ``"sci.space"``.
    vectors : ndarray (n, 384), float32
        From MiniLM, which reads the first 64 tokens, of length 1.
    """

    texts: list[str]
    labels: np.ndarray
    names: tuple[str, ...]
    vectors: np.ndarray


def newsgroup_vectors(per_group: int = 300, seed: int = 0) -> NewsgroupVectors:
    """Draw posts and encode them; the first call takes minutes, later ones a second.

    Parameters
    ----------
    per_group : int
        Posts of each of the twenty groups, each of 20 words or more, no text twice.
    seed : int
        Of the draw and of the order.

    Returns
    -------
    NewsgroupVectors
        ``20 * per_group`` posts.

    Raises
    ------
    ValueError
        If a group has fewer posts.
    """
    posts = data.newsgroups()
    by_text = {
        text: label
        for text, label in zip(posts.texts, posts.labels, strict=True)
        if len(text.split()) >= _SHORTEST
    }
    names = tuple(sorted(set(by_text.values())))
    rows = {name: [text for text, label in by_text.items() if label == name] for name in names}
    smallest = min(len(texts) for texts in rows.values())
    if not 1 <= per_group <= smallest:
        raise ValueError(f"per_group must be 1 to {smallest}, not {per_group}.")
    generator = np.random.default_rng(seed)
    drawn = [
        (rows[name][row], number)
        for number, name in enumerate(names)
        for row in np.sort(generator.permutation(len(rows[name]))[:per_group])
    ]
    drawn = [drawn[row] for row in generator.permutation(len(drawn))]
    texts = [text for text, _ in drawn]
    labels = np.array([number for _, number in drawn], dtype=np.int64)
    return NewsgroupVectors(texts, labels, names, encoded("newsgroups", texts))
