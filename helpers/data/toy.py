"""A small generated corpus in which analogies hold by construction (CC0).

Every sentence is about one *target*, a word that stands for two attributes, such as "queen" =
(female, ruler). The words around it are drawn independently for each attribute. So the distribution
of contexts of a target is a sum of a part for each attribute and a part common to all, and
king - man + woman = queen holds exactly for expected co-occurrence counts and PMI values.
"""

import numpy as np

from helpers.data.corpora import Corpus
from helpers.data.evaluation import Analogy

__all__ = ["TOY_FAMILIES", "toy_analogies", "toy_corpus"]

_FILLERS = ("the", "a", "and", "was", "here", "there")

# Family: (targets by row and column, contexts of each row, contexts of each column).
TOY_FAMILIES = {
    "gender-royalty": (
        (("king", "prince", "man", "boy"), ("queen", "princess", "woman", "girl")),
        (("he", "his", "beard", "sir"), ("she", "her", "gown", "madam")),
        (
            ("throne", "crown", "reign", "sceptre"),
            ("heir", "castle", "royal", "pony"),
            ("work", "trade", "house", "bread"),
            ("school", "toys", "lessons", "games"),
        ),
    ),
    "country-capital": (
        (
            ("france", "paris"),
            ("italy", "rome"),
            ("germany", "berlin"),
            ("japan", "tokyo"),
            ("egypt", "cairo"),
        ),
        (
            ("cheese", "croissant", "french"),
            ("pasta", "opera", "italian"),
            ("rye", "engineers", "german"),
            ("sushi", "cherry", "japanese"),
            ("pyramid", "nile", "egyptian"),
        ),
        (("nation", "border", "army", "export"), ("city", "mayor", "streets", "metro")),
    ),
    "verb-tense": (
        (
            ("walk", "walked"),
            ("sing", "sang"),
            ("write", "wrote"),
            ("eat", "ate"),
            ("swim", "swam"),
        ),
        (
            ("road", "shoes", "mile"),
            ("song", "choir", "tune"),
            ("letter", "pen", "page"),
            ("soup", "spoon", "plate"),
            ("lake", "waves", "shore"),
        ),
        (("now", "today", "usually", "often"), ("yesterday", "ago", "once", "earlier")),
    ),
}


def toy_corpus(n_sentences: int = 6000, seed: int = 0) -> Corpus:
    """Generate the corpus.

    Parameters
    ----------
    n_sentences : int
        How many sentences of seven words.
    seed : int
        The same seed gives the same corpus.

    Returns
    -------
    Corpus
        About 110 distinct words. Each sentence is two words for the row attribute, two for the
        column attribute and two fillers in random order, with the target in the middle.

    Raises
    ------
    ValueError
        If `n_sentences` is less than 1.
    """
    if n_sentences < 1:
        raise ValueError(f"n_sentences must be 1 or more, not {n_sentences}.")
    rng = np.random.default_rng(seed)
    families = list(TOY_FAMILIES.values())
    sentences = []
    for _ in range(n_sentences):
        targets, row_contexts, column_contexts = families[rng.integers(len(families))]
        row, column = rng.integers(len(targets)), rng.integers(len(targets[0]))
        around = [
            str(rng.choice(words))
            for words in (row_contexts[row], column_contexts[column], _FILLERS)
            for _ in range(2)
        ]
        rng.shuffle(around)
        sentences.append([*around[:3], targets[row][column], *around[3:]])
    return Corpus.from_sentences(sentences, "toy")


def toy_analogies() -> tuple[Analogy, ...]:
    """List every analogy that holds in the toy corpus.

    Returns
    -------
    tuple of Analogy
        All parallelograms of each family, both ways round.
    """
    questions = []
    for family, (targets, _, _) in TOY_FAMILIES.items():
        rows, columns = range(len(targets)), range(len(targets[0]))
        for r1 in rows:
            for r2 in rows:
                for c1 in columns:
                    for c2 in columns:
                        if r1 != r2 and c1 != c2:
                            words = (targets[r1][c1], targets[r1][c2])
                            questions.append(
                                Analogy(family, *words, targets[r2][c1], targets[r2][c2])
                            )
    return tuple(questions)
