"""How good are word vectors? Word similarity and analogies, as the field measures them.

Word similarity is Spearman's rank correlation between cosines and human judgements (WordSim-353,
Finkelstein et al. 2002; SimLex-999, Hill et al. 2015). Analogies are questions "a is to b as c is
to ...?" (Mikolov et al. 2013), answered by one word; a question counts when that word is the
expected one. The figures equal those of gensim's ``evaluate_word_pairs`` and
``evaluate_word_analogies`` on the same vectors.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.stats import spearmanr

__all__ = ["AnalogyAccuracy", "WordSimilarity", "analogy_accuracy", "word_similarity"]

_WORD_BLOCK = 8_192
_QUESTION_BLOCK = 32  # 32 x 8192 scores are 1 MB: they stay in a core's cache.
_COSMUL_EPSILON = 1e-6


@dataclass(frozen=True)
class WordSimilarity:
    """Agreement of cosines with human judgements.

    Attributes
    ----------
    spearman : float
        Spearman's rank correlation over the pairs that were used.
    used, missing : int
        Pairs with both words in the vocabulary, and pairs left out because a word is not.
    """

    spearman: float
    used: int
    missing: int


@dataclass(frozen=True)
class AnalogyAccuracy:
    """Answers to a set of analogy questions.

    Attributes
    ----------
    accuracy : float
        Share of the used questions that were answered with the expected word.
    used, missing : int
        Questions with all four words in the (restricted) vocabulary, and questions left out.
    by_section : dict of str to (int, int)
        Section -> (right answers, used questions), in the order of the questions.
    asked : ndarray (used,), int64
        Position of each used question in the given sequence.
    answers : ndarray (used,), int64
        Row of the word that answers each used question.
    """

    accuracy: float
    used: int
    missing: int
    by_section: dict[str, tuple[int, int]] = field(repr=False)
    asked: np.ndarray = field(repr=False)
    answers: np.ndarray = field(repr=False)


def word_similarity(vectors, vocabulary, pairs: Iterable[tuple]) -> WordSimilarity:
    """Correlate cosines with human judgements.

    Parameters
    ----------
    vectors : array_like (V, d)
        Word vectors of any length.
    vocabulary : Vocabulary, mapping of str to int, or sequence of str
        Which word has which row.
    pairs : iterable of (str, str, float)
        Two words and their judged similarity. Words are looked up in lower case.

    Returns
    -------
    WordSimilarity

    Raises
    ------
    ValueError
        If the vectors do not fit the vocabulary, or fewer than two pairs can be used.
    """
    index = _index(vocabulary)
    vectors = _matrix(vectors, index)
    rows, judged, missing = [], [], 0
    for first, second, score in pairs:
        row = (index.get(first.lower()), index.get(second.lower()))
        if None in row:
            missing += 1
        else:
            rows.append(row)
            judged.append(float(score))
    if len(rows) < 2:
        raise ValueError(
            f"only {len(rows)} of {len(rows) + missing} pairs have both words in the vocabulary: "
            "a rank correlation needs two; give a larger vocabulary."
        )
    left, right = vectors[np.array(rows).T].astype(np.float64)
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    cosines = np.einsum("nd,nd->n", left, right) / np.where(lengths == 0, 1, lengths)
    return WordSimilarity(float(spearmanr(judged, cosines).statistic), len(rows), missing)


def analogy_accuracy(
    unit_vectors,
    vocabulary,
    questions: Sequence[tuple],
    method: Literal["3cosadd", "3cosmul"] = "3cosadd",
    exclude: bool = True,
    restrict: int | None = 30_000,
) -> AnalogyAccuracy:
    """Answer analogy questions and count the right answers.

    3CosAdd takes the word x with the largest ``cos(x, b) - cos(x, a) + cos(x, c)`` (Mikolov et
    al. 2013), 3CosMul the one with the largest ``cos'(x, b) cos'(x, c) / (cos'(x, a) + 1e-6)``
    with ``cos' = (1 + cos) / 2`` (Levy and Goldberg 2014).

    Parameters
    ----------
    unit_vectors : array_like (V, d)
        Word vectors of length one (a zero row is allowed), the most frequent words first.
    vocabulary : Vocabulary, mapping of str to int, or sequence of str
        Which word has which row.
    questions : sequence of (str, str, str, str, str)
        Section, a, b, c and the expected word. Words are looked up in lower case.
    method : {"3cosadd", "3cosmul"}
        How the candidates are scored.
    exclude : bool
        Whether a, b and c may not be the answer, as is usual.
    restrict : int, optional
        Only the first so many words are candidates, and questions with other words are left out;
        None takes all.

    Returns
    -------
    AnalogyAccuracy

    Raises
    ------
    ValueError
        If the vectors do not fit the vocabulary or are not of unit length, the method is unknown,
        or no question can be asked.
    """
    if method not in ("3cosadd", "3cosmul"):
        raise ValueError(f'method must be "3cosadd" or "3cosmul", not {method!r}.')
    if restrict is not None and restrict < 1:
        raise ValueError(f"restrict must be at least 1, or None for all words, not {restrict}.")
    index = _index(vocabulary)
    unit = _matrix(unit_vectors, index).astype(np.float32, copy=False)[:restrict]
    lengths = np.linalg.norm(unit, axis=1)
    if np.any((np.abs(lengths - 1) > 1e-3) & (lengths != 0)):
        raise ValueError("the vectors are not of unit length: divide each row by its norm first.")
    asked, rows = [], []
    for position, question in enumerate(questions):
        row = [index.get(word.lower(), len(unit)) for word in question[1:]]
        if max(row) < len(unit):
            asked.append(position)
            rows.append(row)
    if not asked:
        raise ValueError(
            f"none of the {len(questions)} questions has all its words among the {len(unit)} first "
            "of the vocabulary: raise `restrict` or give a larger vocabulary."
        )
    quadruples = np.array(rows)
    answers = _answer(unit, quadruples[:, :3], method, exclude)
    right = answers == quadruples[:, 3]
    sections: dict[str, tuple[int, int]] = {}
    for position, hit in zip(asked, right.tolist(), strict=True):
        hits, total = sections.get(questions[position][0], (0, 0))
        sections[questions[position][0]] = (hits + hit, total + 1)
    return AnalogyAccuracy(
        accuracy=float(right.mean()),
        used=len(asked),
        missing=len(questions) - len(asked),
        by_section=sections,
        asked=np.array(asked),
        answers=answers,
    )


def _answer(unit: np.ndarray, queries: np.ndarray, method: str, exclude: bool) -> np.ndarray:
    """Return the best row for each query (a, b, c); the first one when scores tie.

    The questions share a few hundred words, so their cosines with all candidates are computed
    once a word, and a question only adds three rows. 3CosMul becomes a sum too, in logarithms.
    """
    words, inverse = np.unique(queries, return_inverse=True)
    a, b, c = inverse.reshape(queries.shape).T
    best = np.full(len(queries), -np.inf, dtype=np.float32)
    answers = np.zeros(len(queries), dtype=np.int64)
    for low in range(0, len(unit), _WORD_BLOCK):
        plus = unit[words] @ unit[low : low + _WORD_BLOCK].T
        minus = plus
        if method == "3cosmul":
            positive = np.maximum((1 + plus) / 2, 0)  # Rounding may give a cosine below -1.
            plus = np.log(np.maximum(positive, 1e-30))
            minus = np.log(positive + _COSMUL_EPSILON)
        for start in range(0, len(queries), _QUESTION_BLOCK):
            part = slice(start, start + _QUESTION_BLOCK)
            scores = plus[b[part]]
            scores -= minus[a[part]]
            scores += plus[c[part]]
            if exclude:
                row, column = np.nonzero(
                    (queries[part] >= low) & (queries[part] < low + scores.shape[1])
                )
                scores[row, queries[part][row, column] - low] = -np.inf
            top = scores.argmax(axis=1)
            value = scores[np.arange(len(top)), top]
            better = value > best[part]
            best[part] = np.where(better, value, best[part])
            answers[part] = np.where(better, top + low, answers[part])
    return answers


def _index(vocabulary) -> Mapping[str, int]:
    if isinstance(vocabulary, Mapping):
        return vocabulary
    if hasattr(vocabulary, "index") and isinstance(vocabulary.index, Mapping):
        return vocabulary.index
    if isinstance(vocabulary, str) or not isinstance(vocabulary, Sequence):
        raise ValueError("vocabulary must be a Vocabulary, a dict word -> row, or a list of words.")
    # Of a word that comes twice the first row counts, as with gensim.
    return {word: row for row, word in reversed(list(enumerate(vocabulary)))}


def _matrix(vectors, index: Mapping[str, int]) -> np.ndarray:
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        raise ValueError(f"vectors must be a matrix (words, dimensions), not {vectors.shape}.")
    if len(vectors) <= max(index.values(), default=-1):
        raise ValueError(
            f"the vocabulary has rows up to {max(index.values())}, but there are only "
            f"{len(vectors)} vectors: give the vectors of the same model."
        )
    return vectors
