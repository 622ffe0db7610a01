"""Answers to X-maxsim."""

import numpy as np
import torch

CHECK = "X-maxsim"


def loops(query, documents, mask):
    scores = []
    for document, row in zip(documents, mask, strict=True):
        tokens = document[np.asarray(row) != 0]
        best = [max((float(q @ t) for t in tokens), default=-np.inf) for q in query]
        scores.append(sum(best))
    return scores


def one_product(query, documents, mask):
    n, length, d = documents.shape
    products = (documents.reshape(n * length, d) @ query.T).reshape(n, length, len(query))
    products = products.astype(float)
    products[np.asarray(mask) == 0] = -np.inf
    return products.max(axis=1).sum(axis=1)


def in_torch(query, documents, mask):
    q, d = (torch.tensor(np.array(a, dtype=np.float64)) for a in (query, documents))
    gone = ~torch.tensor(np.array(mask, dtype=bool))
    products = torch.einsum("id,njd->nij", q, d).masked_fill(gone[:, None, :], -torch.inf)
    return products.amax(2).sum(1)


def added_infinity(query, documents, mask):
    penalty = np.where(np.asarray(mask).astype(bool), 0.0, -np.inf)
    products = np.einsum("id,njd->nji", query, documents) + penalty[:, :, None]
    return np.sum(np.max(products, axis=1), axis=-1)


def packed(query, documents, mask):
    real = np.asarray(mask).astype(bool)
    scores = np.full(len(documents), -np.inf)
    some = real.any(axis=1)
    if some.any():
        starts = np.concatenate([[0], np.cumsum(real[some].sum(axis=1))[:-1]])
        best = np.maximum.reduceat(documents[some][real[some]] @ query.T, starts, axis=0)
        scores[some] = best.sum(axis=1)
    return scores


def vectors_times_mask(query, documents, mask):
    """Zero the padding vectors: their dot product is 0, which can win."""
    products = np.einsum("id,njd->nij", query, documents * np.asarray(mask)[..., None])
    return products.max(axis=2).sum(axis=1)


def transposed(query, documents, mask):
    """Return the best products before they are added up."""
    products = np.einsum("id,njd->nij", query, documents)
    return np.where(np.asarray(mask, dtype=bool)[:, None], products, -np.inf).max(axis=2)


def best_pair_only(query, documents, mask):
    return transposed(query, documents, mask).max(axis=1)


def changes_its_documents(query, documents, mask):
    result = loops(query, documents, mask)
    documents *= 2
    return result


def tilde_of_the_mask(query, documents, mask):
    """Right for booleans; ~1 is -2, which counts as true."""
    products = np.einsum("id,njd->nij", query, documents).astype(float)
    gone = np.broadcast_to((~mask).astype(bool)[:, None], products.shape)
    return np.where(gone, -np.inf, products).max(axis=2).sum(axis=1)


def leading_tokens(query, documents, mask):
    """Take as many tokens from the start as the mask has, though padding may stand anywhere."""
    lengths = np.asarray(mask).astype(int).sum(axis=1)
    lead = np.arange(documents.shape[1]) < lengths[:, None]
    return loops(query, documents, lead)


def absolute(query, documents, mask):
    products = np.abs(np.einsum("id,njd->nij", query, documents))
    return np.where(np.asarray(mask, dtype=bool)[:, None], products, -np.inf).max(axis=2).sum(1)


def zeros(query, documents, mask):
    return np.zeros(len(documents))


def first_document_for_all(query, documents, mask):
    return np.repeat(loops(query, documents, mask)[0], len(documents))


def filled(number, emptied=False):
    """Fill padding with a number that is only large."""

    def answer(query, documents, mask):
        real = np.asarray(mask, dtype=bool)
        products = np.einsum("id,njd->nij", query, documents)
        scores = np.where(real[:, None], products, number).max(axis=2).sum(axis=1)
        return np.where(real.any(axis=1), scores, -np.inf) if emptied else scores

    return answer


RIGHT = [loops, one_product, in_torch, added_infinity, packed]
WRONG = [
    (vectors_times_mask, "0 wins when all real tokens are below it"),
    (transposed, "the result has the shape"),
    (best_pair_only, "two query tokens"),
    (changes_its_documents, "changed argument 2 in place"),
    (tilde_of_the_mask, "every token is removed"),
    (filled(-1e30), "a document without tokens got -"),
    (filled(-1e308), "a document without tokens got -1e+308"),
    (filled(np.finfo(float).min), "a document without tokens got -1.79769e+308"),
    (filled(-100.0, emptied=True), "tokens that are far away"),
    (filled(-1e4, emptied=True), "tokens that are far away"),
    (leading_tokens, "padding in the middle"),
    (absolute, "points away"),
    (zeros, "one token each"),
    (first_document_for_all, "two query tokens, two documents"),
]
_LINE = "real = np.asarray(mask, dtype=bool)[:, None, :]: np.asarray(mask, dtype=bool) -> "
SURVIVORS = {
    _LINE + "np.asarray(mask)": "np.where reads 0 and 1 as truth values too",
    _LINE + "mask": "all masks are arrays, and np.where reads 0 and 1 as truth values too",
}
