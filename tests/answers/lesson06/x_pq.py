"""Answers to X-pq."""

import numpy as np
import torch
from scipy.spatial.distance import cdist

CHECK = "X-pq"


def by_cdist(vectors, codebooks, query):
    vectors, query = np.array(vectors, float), np.array(query, float)
    books = [np.array(book, float) for book in codebooks]
    width = books[0].shape[1]
    codes, total = [], np.zeros(len(vectors))
    for number, book in enumerate(books):
        place = slice(number * width, (number + 1) * width)
        code = cdist(vectors[:, place], book, "sqeuclidean").argmin(axis=1)
        total += cdist(query[None, place], book, "sqeuclidean")[0][code]
        codes.append(code)
    return np.column_stack(codes), total


def in_torch(vectors, codebooks, query):
    vectors, books, query = (
        torch.tensor(np.array(a, dtype=float)) for a in (vectors, codebooks, query)
    )
    m, _, width = books.shape
    far = (vectors.reshape(-1, m, 1, width) - books).square().sum(-1)
    codes = torch.tensor(far.numpy().argmin(axis=2))
    table = (query.reshape(m, 1, width) - books).square().sum(-1)
    return codes.numpy(), table.expand(len(codes), -1, -1).gather(2, codes[:, :, None]).sum((1, 2))


def decoded(vectors, codebooks, query):
    codes, _ = by_cdist(vectors, codebooks, query)
    books = np.array(codebooks, float)
    back = np.concatenate([books[j][codes[:, j]] for j in range(len(books))], axis=1)
    return codes.tolist(), [float(((row - np.array(query, float)) ** 2).sum()) for row in back]


def only_distances(vectors, codebooks, query):
    return by_cdist(vectors, codebooks, query)[1]


def transposed_codes(vectors, codebooks, query):
    codes, distances = by_cdist(vectors, codebooks, query)
    return codes.T, distances


def swapped(vectors, codebooks, query):
    codes, distances = by_cdist(vectors, codebooks, query)
    return distances, codes


def float_codes(vectors, codebooks, query):
    codes, distances = by_cdist(vectors, codebooks, query)
    return codes.astype(float), distances


def farthest(vectors, codebooks, query):
    vectors, query, books = np.array(vectors, float), np.array(query, float), np.array(codebooks)
    m, _, width = books.shape
    codes = ((vectors.reshape(-1, m, 1, width) - books) ** 2).sum(-1).argmax(axis=2)
    table = ((query.reshape(m, 1, width) - books) ** 2).sum(-1)
    return codes, table[np.arange(m), codes].sum(axis=1)


def mean_over_pieces(vectors, codebooks, query):
    codes, distances = by_cdist(vectors, codebooks, query)
    return codes, distances / codes.shape[1]


def in_32_bits(vectors, codebooks, query):
    return by_cdist(np.float32(vectors), np.float32(codebooks), np.float32(query))


def expanded_in_32_bits(vectors, codebooks, query):
    vectors, books, query = (np.float32(a) for a in (vectors, codebooks, query))
    width, codes, total = books.shape[2], [], 0
    for j, book in enumerate(books):
        x, q = vectors[:, j * width :][:, :width], query[j * width :][:width]
        squares = np.einsum("kd,kd->k", book, book)
        code = np.argmin(np.einsum("nd,nd->n", x, x)[:, None] - 2 * x @ book.T + squares, axis=1)
        total = total + (q @ q - 2 * book @ q + squares)[code]
        codes.append(code)
    return np.stack(codes, axis=1), total


def codes_in_8_bits_distances_right(vectors, codebooks, query):
    codes, distances = by_cdist(vectors, codebooks, query)
    return codes.astype(np.uint8), distances


def own_errors(vectors, codebooks, query):
    codes, _ = by_cdist(vectors, codebooks, query)
    books = np.array(codebooks, float)
    back = np.concatenate([books[j][codes[:, j]] for j in range(len(books))], axis=1)
    return codes, ((np.array(vectors, float) - back) ** 2).sum(axis=1)


def inner_products(vectors, codebooks, query):
    codes, _ = by_cdist(vectors, codebooks, query)
    books = np.array(codebooks, float)
    back = np.concatenate([books[j][codes[:, j]] for j in range(len(books))], axis=1)
    return codes, back @ np.array(query, float)


def counted_from_1(vectors, codebooks, query):
    codes, distances = by_cdist(vectors, codebooks, query)
    return codes + 1, distances


def zeros(vectors, codebooks, query):
    return np.zeros((len(vectors), len(codebooks)), int), np.zeros(len(vectors))


def centres_in_place(vectors, codebooks, query):
    result = by_cdist(vectors, codebooks, query)
    if isinstance(vectors, np.ndarray):
        vectors -= vectors.mean(axis=0)
    return result


RIGHT = [by_cdist, in_torch, decoded]
WRONG = [
    (only_distances, "return two arrays"),
    (transposed_codes, "the codes have the shape"),
    (swapped, "the codes have the shape"),
    (float_codes, "whole numbers"),
    (farthest, "in part 1 of the result"),
    (mean_over_pieces, "mean over the pieces"),
    (in_32_bits, "round the input to 32 bits"),
    (expanded_in_32_bits, "by the ninth digit only"),
    (codes_in_8_bits_distances_right, "but for multiples of 256"),
    (own_errors, "how far the *query* is"),
    (inner_products, "Add up squared distances"),
    (counted_from_1, "in part 1 of the result"),
    (zeros, "in part 1 of the result"),
    (centres_in_place, "changed argument 1 in place"),
]
SURVIVORS = {
    "codebooks = np.asarray(codebooks, dtype=float): np.asarray(codebooks, dtype=float) -> "
    "np.asarray(codebooks)": (
        "64-bit vectors and query are subtracted from it, which makes the differences 64-bit"
    ),
    "codes = ((pieces - codebooks) ** 2).sum(axis=3).argmin(axis=2): ((pieces - codebooks) "
    "** 2).sum(axis=3) -> ((pieces - codebooks) ** 2).mean(axis=3)": (
        "all centroids of a piece are equally wide, so means order as sums do"
    ),
    "codes = ((pieces - codebooks) ** 2).sum(axis=3).argmin(axis=2): pieces - codebooks -> "
    "codebooks - pieces": ("the square has no sign"),
    "table = ((query.reshape(m, 1, width) - codebooks) ** 2).sum(axis=2): query.reshape(m, "
    "1, width) - codebooks -> codebooks - query.reshape(m, 1, width)": ("the square has no sign"),
    "vectors, query = (np.asarray(vectors, dtype=float), np.asarray(query, : "
    "np.asarray(query, dtype=float) -> np.asarray(query)": (
        "the 64-bit codebooks are subtracted from it"
    ),
    "vectors, query = (np.asarray(vectors, dtype=float), np.asarray(query, : "
    "np.asarray(vectors, dtype=float) -> np.asarray(vectors)": (
        "the 64-bit codebooks are subtracted from it"
    ),
}
