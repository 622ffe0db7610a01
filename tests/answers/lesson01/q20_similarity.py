"""Right and wrong answers to Q20-similarity."""

import numpy as np

CHECK = "Q20-similarity"


def with_gram(weights, table):
    """Use the words' dot products and never the documents' vectors: x' S y."""
    weights, table = np.asarray(weights, dtype=float), np.asarray(table, dtype=float)
    gram = weights @ (table @ table.T) @ weights.T
    norms = np.sqrt(np.maximum(np.diag(gram), 0))
    scale = np.outer(norms, norms)
    return np.divide(gram, scale, out=np.zeros_like(gram), where=scale > 0)


def with_loops(weights, table):
    """Add up vectors and take cosines pair by pair."""
    documents = [
        sum(w * np.asarray(v, dtype=float) for w, v in zip(row, table, strict=True))
        for row in weights
    ]
    result = []
    for a in documents:
        row = []
        for b in documents:
            scale = float(a @ a) ** 0.5 * float(b @ b) ** 0.5
            row.append(float(a @ b) / scale if scale > 0 else 0.0)
        result.append(row)
    return result


def with_sklearn(weights, table):
    """Let the library do it."""
    from sklearn.metrics.pairwise import cosine_similarity

    return cosine_similarity(np.asarray(weights) @ np.asarray(table))


def with_torch(weights, table):
    """Normalise with torch, which leaves zero rows alone."""
    import torch

    documents = torch.tensor(np.asarray(weights, float)) @ torch.tensor(np.asarray(table, float))
    unit = torch.nn.functional.normalize(documents, dim=1)
    return unit @ unit.T


def columns_scaled(weights, table):
    """Normalise the dimensions instead of the documents."""
    documents = np.asarray(weights) @ np.asarray(table)
    norms = np.linalg.norm(documents, axis=0)
    unit = documents / np.where(norms > 0, norms, 1)
    return unit @ unit.T


def squared_norms(weights, table):
    """Divide by the squared norm once: no cosine."""
    documents = np.asarray(weights) @ np.asarray(table)
    squares = (documents**2).sum(axis=1, keepdims=True)
    return documents @ documents.T / np.where(squares > 0, squares, 1)


def ones_on_diagonal(weights, table):
    """Force ones on the diagonal, also for a document that has no vector."""
    result = with_gram(weights, table)
    np.fill_diagonal(result, 1.0)
    return result


def first_against_all(weights, table):
    """Return the similarities of the first document only."""
    return with_gram(weights, table)[0]


def of_words(weights, table):
    """Compare words instead of documents."""
    return with_gram(np.eye(len(table)), table)


RIGHT = [with_gram, with_loops, with_sklearn, with_torch]
WRONG = [
    (columns_scaled, "values are not right"),
    (squared_norms, "values are not right"),
    (ones_on_diagonal, "first at [1, 1]"),
    (first_against_all, "the shape"),
    (of_words, "the shape"),
]
SURVIVORS = {
    "documents = documents / np.where(norms > 0, norms, 1): 1 -> 2": (
        "only vectors of zeros are divided by this number, and they stay zeros"
    ),
}
