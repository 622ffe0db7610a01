"""BM25, the default score of most search engines, over an inverted index.

The weight of a word in a document does not depend on the query, so the index holds the finished
weights: one column a word, one row a document. A query then adds up a few columns.

References
----------
Robertson & Zaragoza (2009), "The Probabilistic Relevance Framework: BM25 and Beyond", section 3.
The 1 + inside the logarithm, which keeps the weight of very frequent words positive, is Lucene's.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from gensim.parsing.porter import PorterStemmer
from scipy import sparse

from helpers.ranking import ranked

__all__ = ["BM25", "STOP_WORDS", "index_terms", "naive_bm25"]

STOP_WORDS = frozenset(
    """a about after again all also am an and any are as at be because been before being both but
    by can could did do does doing down during each few for from further had has have having he her
    here hers him his how i if in into is it its just may me might mine more most must my no nor
    not now of off on once only or other our ours out over own same she should so some such than
    that the their theirs them then there these they this those through to too under until up us
    very was we were what when where which while who whom why will with without would you your
    yours""".split()
)
# Part numbers, codes and versions stay whole: w-140 and 4.2.1 are one term each.
_TERM = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)*")
_STEMMER = PorterStemmer()


@cache
def _stem(word: str) -> str:
    return _STEMMER.stem(word) if word.isalpha() else word


def index_terms(text: str, *, stem: bool = True, stop_words=STOP_WORDS) -> list[str]:
    """Split a text into the terms that a lexical index holds.

    Parameters
    ----------
    text : str
        Any text.
    stem : bool
        Whether to take off endings (Porter's stemmer), so that *resoling* meets *resole*.
        Terms with a digit, a hyphen or a dot are left as they are.
    stop_words : collection of str
        Words that are dropped, before stemming.

    Returns
    -------
    list of str
        Lower case, in the order of the text, with repetitions.
    """
    words = [word for word in _TERM.findall(text.lower()) if word not in stop_words]
    return [_stem(word) for word in words] if stem else words


class BM25:
    """An index of texts, searched by BM25.

    The score of document j is the sum, over the words t of the query (each repetition counts), of

        log(1 + (n - df + .5) / (df + .5))  *  tf (k1 + 1) / (tf + k1 (1 - b + b length / mean))

    where tf counts t in document j, df is the number of documents that hold t, n the number of
    documents, length the terms of document j, and mean the mean length.

    Parameters
    ----------
    texts : sequence of str
        The documents.
    k1 : float
        How slowly repetitions of a word saturate; 0 counts presence only.
    b : float
        How much long documents are marked down, 0 (not at all) to 1.
    tokenizer : callable
        Turns a text into terms, for documents and queries alike.

    Attributes
    ----------
    weights : scipy.sparse.csc_array (n, V), float64
        The inverted index: a column is the list of documents that hold a term, with its weight.
    vocabulary : dict of str to int
        The column of each term.

    Raises
    ------
    ValueError
        If there is no text, or a parameter is out of range.

    Examples
    --------
    >>> index = BM25(["a red tent", "a red bike", "tent pegs"])
    >>> index.search("red tents").tolist()
    [0, 1, 2]
    """

    def __init__(
        self,
        texts: Sequence[str],
        *,
        k1: float = 1.2,
        b: float = 0.75,
        tokenizer: Callable[[str], list[str]] = index_terms,
    ):
        if isinstance(texts, str) or not len(texts):
            raise ValueError("texts must be a list of at least one string.")
        if not (k1 >= 0 and math.isfinite(k1)) or not 0 <= b <= 1:
            raise ValueError(f"k1 must be 0 or more and b from 0 to 1, not {k1} and {b}.")
        self.k1, self.b, self.tokenizer = k1, b, tokenizer
        self.vocabulary: dict[str, int] = {}
        rows, columns, counts, lengths = [], [], [], []
        for row, text in enumerate(texts):
            terms = tokenizer(text)
            lengths.append(len(terms))
            for term, count in Counter(terms).items():
                rows.append(row)
                columns.append(self.vocabulary.setdefault(term, len(self.vocabulary)))
                counts.append(count)
        shape = len(lengths), max(1, len(self.vocabulary))
        tf = sparse.csc_array((np.array(counts, float), (rows, columns)), shape=shape)
        df = np.diff(tf.indptr)
        idf = np.log1p((shape[0] - df + 0.5) / (df + 0.5))
        lengths = np.array(lengths, float)
        norm = k1 * (1 - b + b * lengths / max(lengths.mean(), 1e-9))
        tf.data = np.repeat(idf, df) * tf.data * (k1 + 1) / (tf.data + norm[tf.indices])
        self.weights = tf

    def __len__(self) -> int:
        """Return the number of documents."""
        return self.weights.shape[0]

    def scores(self, query: str) -> np.ndarray:
        """Score every document.

        Parameters
        ----------
        query : str
            What somebody types.

        Returns
        -------
        ndarray (n,), float64
            0 for documents that share no term with the query.
        """
        total = np.zeros(len(self))
        for term in self.tokenizer(query):
            column = self.vocabulary.get(term)
            if column is not None:
                rows, weights = self._postings(column)
                total[rows] += weights
        return total

    def search(self, query: str, depth: int | None = None) -> np.ndarray:
        """Return the rows of the best documents, best first, at most `depth` of them.

        Documents that share no term with the query are not returned, so that the result may be
        shorter, or empty. Equal scores stand in the order of the rows.
        """
        return ranked(self.scores(query), depth, above=0.0)

    def explain(self, query: str, row: int) -> dict[str, float]:
        """Return what each distinct term of the query adds to the score of one document.

        Terms that the document does not hold are left out; the values sum to the score.
        """
        parts: Counter = Counter()
        for term in self.tokenizer(query):
            column = self.vocabulary.get(term)
            if column is not None and (weight := float(self.weights[row, column])):
                parts[term] += weight
        return dict(parts)

    def _postings(self, column: int) -> tuple[np.ndarray, np.ndarray]:
        part = slice(self.weights.indptr[column], self.weights.indptr[column + 1])
        return self.weights.indices[part], self.weights.data[part]


def naive_bm25(
    query: Sequence[str], documents: Sequence[Sequence[str]], k1: float = 1.2, b: float = 0.75
) -> list[float]:
    """Score documents term by term: the specification that :class:`BM25` is held to.

    Parameters
    ----------
    query : sequence of str
        The query's terms.
    documents : sequence of sequence of str
        Each document's terms.
    k1, b : float
        As for :class:`BM25`.

    Returns
    -------
    list of float
        One score a document.
    """
    n = len(documents)
    mean = sum(len(document) for document in documents) / n
    scores = []
    for document in documents:
        score = 0.0
        for term in query:
            tf = sum(word == term for word in document)
            df = sum(term in other for other in documents)
            if tf:
                idf = math.log(1 + (n - df + 0.5) / (df + 0.5))
                length = len(document) / mean
                score += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length))
        scores.append(score)
    return scores
