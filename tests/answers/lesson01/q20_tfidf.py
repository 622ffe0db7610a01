"""Right and wrong answers to Q20-tfidf."""

import math
from collections import Counter

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

CHECK = "Q20-tfidf"


def with_sklearn(documents, vocabulary):
    """Let the library do it."""
    vectorizer = TfidfVectorizer(
        analyzer=lambda words: words, vocabulary=vocabulary, lowercase=False
    )
    return vectorizer.fit_transform(documents).toarray()


def with_loops(documents, vocabulary):
    """Count with dictionaries and normalise row by row."""
    df = Counter(word for document in documents for word in set(document))
    rows = []
    for document in documents:
        tf = Counter(document)
        row = [tf[w] * (1 + math.log((1 + len(documents)) / (1 + df[w]))) for w in vocabulary]
        length = math.hypot(*row)
        rows.append([weight / length for weight in row] if length else row)
    return rows


def with_einsum(documents, vocabulary):
    """Relative frequencies give the same rows, because rows are scaled at the end."""
    words = np.array(vocabulary, dtype=object)
    counts = np.array([[sum(w == v for v in d) / max(len(d), 1) for w in words] for d in documents])
    idf = 1 - np.log1p((counts > 0).sum(axis=0)) + np.log1p(len(documents))
    weights = np.einsum("dv,v->dv", counts, idf)
    norms = np.sqrt(np.einsum("dv,dv->d", weights, weights))
    return (weights.T / np.maximum(norms, 1e-300)).T.astype(np.float32)


def scaled_by_sum(documents, vocabulary):
    """Scale rows to sum 1, not to length 1."""
    rows = with_sklearn(documents, vocabulary)
    sums = rows.sum(axis=1, keepdims=True)
    return rows / np.where(sums > 0, sums, 1)


def sorted_columns(documents, vocabulary):
    """Sort the columns, whatever the order of the vocabulary."""
    return with_sklearn(documents, sorted(vocabulary))


def worked_example(documents, vocabulary):
    """Multiply tf by log(N / df) and scale the rows."""
    counts = np.array([[list(d).count(w) for w in vocabulary] for d in documents])
    with np.errstate(divide="ignore", invalid="ignore"):
        rows = counts * np.log(len(documents) / np.sum(counts > 0, axis=0))
    norms = np.linalg.norm(rows, axis=1)
    return [row / norm if norm > 0 else row for row, norm in zip(rows, norms, strict=True)]


def worked_example_guarded(documents, vocabulary):
    """Do the same word by word, where only words that occur are weighed."""
    rows = []
    for document in documents:
        row = [0.0] * len(vocabulary)
        for j, word in enumerate(vocabulary):
            if word in document:
                df = sum(word in other for other in documents)
                row[j] = document.count(word) * math.log(len(documents) / df)
        length = math.hypot(*row) or 1
        rows.append([weight / length for weight in row])
    return rows


def idf_only(documents, vocabulary):
    """Return the idf of the words, one row for all documents."""
    n = len(documents)
    return [math.log((1 + n) / (1 + sum(w in d for d in documents))) + 1 for w in vocabulary]


def scaled_by_column(documents, vocabulary):
    """Normalise over the documents instead of over the words."""
    rows = np.array(with_loops(documents, vocabulary))
    norms = np.linalg.norm(rows, axis=0)
    return rows / np.where(norms > 0, norms, 1)


def log_of_tf(documents, vocabulary):
    """Dampen the counts, scikit-learn's option ``sublinear_tf``."""
    vectorizer = TfidfVectorizer(
        analyzer=lambda words: words, vocabulary=vocabulary, sublinear_tf=True
    )
    return vectorizer.fit_transform(documents).toarray()


def sparse(documents, vocabulary):
    """Return the library's sparse matrix as it is."""
    return TfidfVectorizer(analyzer=lambda d: d, vocabulary=vocabulary).fit_transform(documents)


RIGHT = [with_sklearn, with_loops, with_einsum]
WRONG = [
    (scaled_by_sum, "divide each row by its sum"),
    (sorted_columns, "column j belongs to `vocabulary[j]`"),
    (worked_example, "the formula of the worked example"),
    (worked_example_guarded, "the worked example's log(N / df)"),
    (idf_only, "the shape"),
    (scaled_by_column, "values are not right"),
    (log_of_tf, "not right, first at"),
    (sparse, "an object of class csr_matrix"),
]
SURVIVORS = {
    "return weights / np.where(norms > 0, norms, 1): 0 -> 1": (
        "a row that is not zero has a norm of at least 1 (counts and idf are at least 1), and a "
        "norm of exactly 1 is divided by 1 either way"
    ),
    "return weights / np.where(norms > 0, norms, 1): 1 -> 2": (
        "only rows of zeros are divided by this number, and they stay zeros"
    ),
}
