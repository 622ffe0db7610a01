"""A small court in which an analogy holds because its condition holds, and can be broken.

Eight people words are given by their context distributions P(context | word): gender and rank
each multiply the odds of their own contexts by a factor, so that for every context
P(c | king) / P(c | man) = P(c | queen) / P(c | woman). A second sense of "queen", the insect's,
breaks that condition and touches nothing else.
"""

import numpy as np

from helpers.vocabulary import EncodedCorpus, Vocabulary

__all__ = ["CONTEXTS", "PEOPLE", "court", "sample_pairs"]

PEOPLE = ("man", "woman", "king", "queen", "prince", "princess", "boy", "girl")
_GENDER = np.array([-1.0, 1.0] * 4)
_RANK = np.array([0.0, 0.0, 2.0, 2.0, 1.2, 1.2, 0.0, 0.0])
_YOUTH = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.3, 1.3])

_GROUPS = {
    "male": ("he", "him", "beard"),
    "female": ("she", "her", "gown"),
    "royal": ("throne", "crown", "rule", "palace"),
    "young": ("play", "school", "grow"),
    "common": ("eat", "sleep", "walk", "speak", "home"),
    "bees": ("hive", "honey", "swarm", "wings"),
}
CONTEXTS = tuple(word for group in _GROUPS.values() for word in group)


def court(bee_share: float = 0.0) -> np.ndarray:
    """Context distributions of the eight people words.

    Parameters
    ----------
    bee_share : float
        Share of the occurrences of "queen" that are about bees.

    Returns
    -------
    ndarray (8, 22), float64
        P(context | word); rows as in `PEOPLE`, columns as in `CONTEXTS`.
    """
    if not 0 <= bee_share <= 1:
        raise ValueError(f"bee_share must be between 0 and 1, not {bee_share}.")
    marks = {name: np.isin(CONTEXTS, words).astype(float) for name, words in _GROUPS.items()}
    odds = np.exp(
        1.2 * np.outer(_GENDER, marks["female"] - marks["male"])
        + 1.2 * np.outer(_RANK, marks["royal"])
        + 1.5 * np.outer(_YOUTH, marks["young"])
        - 3.0 * marks["bees"]
    )
    table = odds / odds.sum(axis=1, keepdims=True)
    queen = PEOPLE.index("queen")
    table[queen] = (1 - bee_share) * table[queen] + bee_share * marks["bees"] / marks["bees"].sum()
    return table


def sample_pairs(
    table: np.ndarray, n_pairs: int = 60_000, seed: int = 0
) -> tuple[Vocabulary, EncodedCorpus]:
    """Draw a corpus of sentences of two words, a person and a context.

    Parameters
    ----------
    table : ndarray (8, 22)
        From :func:`court`.
    n_pairs : int
        How many sentences.
    seed : int
        Seed.

    Returns
    -------
    tuple of Vocabulary and EncodedCorpus
        Ready for any trainer; a window of 1 sees everything.
    """
    rng = np.random.default_rng(seed)
    draws = rng.choice(table.size, size=n_pairs, p=(table / table.sum()).ravel())
    people, contexts = np.unravel_index(draws, table.shape)
    ids = np.column_stack([people, len(PEOPLE) + contexts])
    words = np.array(PEOPLE + CONTEXTS)
    counts = np.bincount(ids.ravel(), minlength=len(words))
    order = np.argsort(-counts, kind="stable")
    rank = np.argsort(order)
    tokens = rank[ids].ravel().astype(np.int32)
    vocabulary = Vocabulary(words[order].tolist(), counts[order])
    return vocabulary, EncodedCorpus(tokens, np.arange(0, len(tokens) + 1, 2, dtype=np.int64))
