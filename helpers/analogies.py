"""Experiments on why analogies succeed or fail, on co-occurrence counts of real text."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from helpers.evaluate import analogy_accuracy
from helpers.pmi import fold_in, positive_pmi
from helpers.vocabulary import Vocabulary

__all__ = [
    "ANTONYMS",
    "BIBLE_RULERS",
    "offset_agreement",
    "offset_gaps",
    "refolded_accuracy",
    "thinned",
]

ANTONYMS = tuple(
    tuple(pair.split())
    for pair in (
        "hot cold,large small,long short,rich poor,strong weak,young old,good bad,light dark,"
        "high low,soft hard,wet dry,thick thin,wide narrow,deep shallow,sweet bitter,black white,"
        "north south,east west,male female,first last,upper lower,inner outer,open shut,"
        "increase decrease,life death,love hatred,friend enemy,war peace,day night,heaven earth"
    ).split(",")
)

BIBLE_RULERS = tuple(
    tuple(pair.split())
    for pair in (
        "pharaoh egypt,nebuchadnezzar babylon,sennacherib assyria,hiram tyre,cyrus persia,"
        "balak moab,jabin hazor,sihon heshbon,og bashan,jeroboam israel,rehoboam judah"
    ).split(",")
)


def offset_agreement(first, second) -> float:
    """How far the offsets of word pairs lie along one line, whichever word of a pair comes first.

    The share of the squared lengths of the unit offsets that falls on their best common line: the
    first squared singular value over the sum of all.

    Parameters
    ----------
    first, second : array_like (n_pairs, d)
        Vectors of the words of each pair.

    Returns
    -------
    float
        1 when all offsets are parallel or opposite; at least 1 / min(n_pairs, d), so compare only
        groups of about the same size.

    Raises
    ------
    ValueError
        With fewer than two pairs, or when both words of a pair have the same vector.
    """
    offsets = np.asarray(second, dtype=np.float64) - np.asarray(first, dtype=np.float64)
    if len(offsets) < 2:
        raise ValueError("an agreement needs at least two pairs.")
    lengths = np.linalg.norm(offsets, axis=1, keepdims=True)
    if not lengths.all():
        raise ValueError("both words of a pair have the same vector: leave that pair out.")
    shares = np.linalg.svd(offsets / lengths, compute_uv=False) ** 2
    return float(shares[0] / shares.sum())


def offset_gaps(counts: csr_array, quadruples, prior, alpha: float = 20.0) -> np.ndarray:
    """How far each analogy a : b :: c : d is from the condition under which it is exact.

    Parameters
    ----------
    counts : csr_array (n_words, n_contexts)
        Co-occurrences.
    quadruples : array_like (n, 4), int
        Rows of a, b, c and d.
    prior : ndarray (n_contexts,)
        Share of each context; sums to 1.
    alpha : float
        Number of made-up occurrences of each word, spread over the contexts like `prior`.

    Returns
    -------
    ndarray (n,)
        Root of the mean, weighted by `prior`, of the squared
        ``log P(x|b)/P(x|a) - log P(x|d)/P(x|c)``, in nats.
    """
    words, places = np.unique(quadruples, return_inverse=True)
    rows = counts[words].toarray().astype(np.float64)
    logs = np.log((rows + alpha * prior) / (rows.sum(axis=1, keepdims=True) + alpha))
    a, b, c, d = places.reshape(np.shape(quadruples)).T
    gaps = np.empty(len(a))
    for start in range(0, len(a), 256):
        part = slice(start, start + 256)
        difference = logs[b[part]] - logs[a[part]] - logs[d[part]] + logs[c[part]]
        gaps[part] = np.sqrt(difference**2 @ prior)
    return gaps


def thinned(counts: csr_array, kept, seed: int) -> csr_array:
    """Keep a random share of the co-occurrences of each row.

    Parameters
    ----------
    counts : csr_array (n, n_contexts)
        Co-occurrences.
    kept : array_like (n,)
        Expected share that stays, from 0 to 1.
    seed : int
        Seed.

    Returns
    -------
    csr_array (n, n_contexts)
        Each cell drawn from a Poisson distribution around its expected value.
    """
    expected = counts.data * np.repeat(np.asarray(kept), np.diff(counts.indptr))
    drawn = np.random.default_rng(seed).poisson(expected).astype(counts.dtype)
    result = csr_array((drawn, counts.indices.copy(), counts.indptr.copy()), shape=counts.shape)
    result.eliminate_zeros()
    return result


def refolded_accuracy(
    questions: Sequence[tuple],
    changed: Sequence[int],
    rows: csr_array,
    vocabulary: Vocabulary,
    counts: csr_array,
    word_vectors: np.ndarray,
    context_vectors: np.ndarray,
) -> float:
    """Ask analogies again after the counts of some words were changed.

    Parameters
    ----------
    questions : sequence of (section, a, b, c, d)
        The questions.
    changed : sequence of int
        Words that get a new vector.
    rows : csr_array (len(changed), n_contexts)
        Their new co-occurrences.
    vocabulary : Vocabulary
        Words of the vectors.
    counts : csr_array (n_words, n_contexts)
        The co-occurrences as they were; they give the contexts' probabilities.
    word_vectors, context_vectors : ndarray (n_words, d) and (n_contexts, d)
        From :func:`helpers.pmi.svd_vectors` of the positive PMI of `counts`.

    Returns
    -------
    float
        Accuracy of 3CosAdd, with the query words excluded.
    """
    folded = positive_pmi(rows, context_counts=counts.sum(axis=0))
    vectors = word_vectors.copy()
    vectors[np.asarray(changed)] = fold_in(folded, context_vectors)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths == 0, 1, lengths)
    return analogy_accuracy(unit, vocabulary, questions, restrict=None).accuracy
