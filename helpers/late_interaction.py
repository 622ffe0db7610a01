"""Late interaction: a vector for each token, and MaxSim to compare two sets of them.

A query and a document are encoded apart, as with a bi-encoder, but every token keeps its vector.
The score lets each token of the query find its best partner in the document:

    MaxSim(q, D) = sum over the query's tokens i of max over the document's tokens j of q_i . d_j

References
----------
Khattab & Zaharia (2020), "ColBERT: Efficient and Effective Passage Search via Contextualized Late
Interaction over BERT", section 3.
"""

from collections.abc import Sequence

import numpy as np

__all__ = ["TokenIndex", "maxsim", "naive_maxsim", "pad_tokens", "unit_rows"]


def unit_rows(vectors) -> np.ndarray:
    """Divide each row by its length, so that dot products are cosines.

    Parameters
    ----------
    vectors : array_like (L, d)
        One row a token.

    Returns
    -------
    ndarray (L, d)
        float32 stays float32; rows of zeros stay zero.

    Raises
    ------
    ValueError
        If this is no table of numbers.
    """
    vectors = _table(vectors)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)


def maxsim(query, document) -> float:
    """Score one document by late interaction.

    Parameters
    ----------
    query : array_like (m, d)
        Vectors of the query's tokens.
    document : array_like (L, d)
        Vectors of the document's tokens.

    Returns
    -------
    float
        Sum over the query's tokens of their best dot product; -inf for a document without tokens.

    Raises
    ------
    ValueError
        If the two have not the same width.
    """
    query, document = _fitting(query, document)
    return float((query @ document.T).max(axis=1, initial=-np.inf).sum())


def naive_maxsim(query, document) -> float:
    """Score one document by two loops: the specification that the kernels are held to."""
    total = 0.0
    for token in query:
        best = -np.inf
        for other in document:
            best = max(best, sum(float(x) * float(y) for x, y in zip(token, other, strict=True)))
        total += best
    return total


def pad_tokens(documents: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Put documents of different length into one array.

    Parameters
    ----------
    documents : sequence of array_like (L_i, d)
        Token vectors of each document.

    Returns
    -------
    vectors : ndarray (n, L, d)
        L is the length of the longest; the rest of a shorter document is 0.
    mask : ndarray (n, L), bool
        True where there is a token.

    Raises
    ------
    ValueError
        If there is no document, or they have not the same width.
    """
    tables = _same_width(documents)
    longest = max(map(len, tables))
    vectors = np.zeros((len(tables), longest, tables[0].shape[1]), np.result_type(*tables))
    mask = np.zeros(vectors.shape[:2], dtype=bool)
    for row, table in enumerate(tables):
        vectors[row, : len(table)] = table
        mask[row, : len(table)] = True
    return vectors, mask


class TokenIndex:
    """The token vectors of many documents, one after another without padding.

    Parameters
    ----------
    documents : sequence of array_like (L_i, d)
        Token vectors of each document, at least one token each.

    Attributes
    ----------
    vectors : ndarray (T, d)
        All tokens, T in sum.
    starts : ndarray (n + 1,), int64
        Document i has the rows ``starts[i]`` up to ``starts[i + 1]``.

    Raises
    ------
    ValueError
        If a document has no token, or they have not the same width.
    """

    def __init__(self, documents: Sequence):
        tables = _same_width(documents)
        lengths = [len(table) for table in tables]
        if not min(lengths):
            row = lengths.index(0)
            raise ValueError(f"document {row} has no token: leave it out of the index.")
        self.vectors = np.concatenate(tables)
        self.starts = np.concatenate([[0], np.cumsum(lengths)])

    def __len__(self) -> int:
        """Return the number of documents."""
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each document: (n,)."""
        return np.diff(self.starts)

    def scores(self, query, rows=None) -> np.ndarray:
        """Score documents by MaxSim: one matrix product, then a maximum for each document.

        Parameters
        ----------
        query : array_like (m, d)
            Vectors of the query's tokens.
        rows : array_like of int, optional
            Score only these documents; by default all.

        Returns
        -------
        ndarray (n,) or (len(rows),)

        Raises
        ------
        ValueError
            If the query has another width, or there is no such row.
        """
        query, vectors = _fitting(query, self.vectors)
        starts = self.starts[:-1]
        if rows is not None:
            rows = np.asarray(rows, dtype=np.int64)
            if rows.size == 0:
                return np.zeros(0, vectors.dtype)
            if rows.min() < 0 or rows.max() >= len(self):
                raise ValueError(f"rows must be 0 to {len(self) - 1}.")
            parts = [vectors[self.starts[row] : self.starts[row + 1]] for row in rows]
            vectors = np.concatenate(parts)
            starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])[:-1]])
        best = np.maximum.reduceat(vectors @ query.T, starts, axis=0)
        return best.sum(axis=1)


def _table(vectors) -> np.ndarray:
    table = np.asarray(vectors)
    if table.ndim != 2 or table.dtype.kind not in "iuf":
        raise ValueError(
            f"token vectors must be a table of numbers (tokens, d), not of shape {table.shape}."
        )
    return table


def _fitting(query, document) -> tuple[np.ndarray, np.ndarray]:
    query, document = _table(query), _table(document)
    if query.shape[1] != document.shape[1]:
        raise ValueError(
            f"the query's vectors have {query.shape[1]} numbers, the document's "
            f"{document.shape[1]}: encode both with the same model."
        )
    return query, document


def _same_width(documents: Sequence) -> list[np.ndarray]:
    tables = [_table(document) for document in documents]
    if not tables:
        raise ValueError("documents must be a list of at least one table of token vectors.")
    if len({table.shape[1] for table in tables}) > 1:
        raise ValueError("the documents' vectors must all have the same width.")
    return tables
