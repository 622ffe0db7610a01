"""Answers to Q09-memory."""

import math
from fractions import Fraction

import torch

CHECK = "Q09-memory"


def with_fractions(documents, dim, component_bytes, links, ram_bytes, fill, shard_documents):
    vector = dim * Fraction(component_bytes)
    link = 4 * (2 * links + Fraction(links, links - 1))
    fits = min(shard_documents, math.floor(ram_bytes * Fraction(fill) / (vector + link)))
    shards = -(-documents // fits)
    return [float(documents * vector), float(documents * link), shards]


def counted_up(documents, dim, component_bytes, links, ram_bytes, fill, shard_documents):
    upper = sum(links**-level for level in range(1, 80))
    vector, link = dim * component_bytes, 8 * links + 4 * links * upper
    shards = 1
    while True:
        largest = -(-documents // shards)
        if largest <= shard_documents and largest * (vector + link) <= ram_bytes * fill + 1e-6:
            return documents * vector, documents * link, shards
        shards += 1


def in_torch(documents, dim, component_bytes, links, ram_bytes, fill, shard_documents):
    each = torch.tensor([dim * component_bytes, 8 * links + 4 * links / (links - 1)]).double()
    # float32 on the way would lose documents: made in double.
    each[1] = 8 * links + 4 * links / (links - 1)
    by_memory = math.floor(ram_bytes * fill / float(each.sum()))
    shards = math.ceil(documents / min(by_memory, shard_documents))
    return torch.cat([documents * each, torch.tensor([shards]).double()])


def one_link_a_level(documents, dim, component_bytes, links, ram_bytes, fill, shard_documents):
    vector, link = dim * component_bytes, 4 * (2 * links + 1 / (links - 1))
    fits = min(shard_documents, int(fill * ram_bytes / (vector + link)))
    return documents * vector, documents * link, -(-documents // fits)


def changed(place, by):
    def answer(*args):
        figures = list(with_fractions(*args))
        figures[place] = by(figures[place])
        return figures

    return answer


def in_gigabytes(*args):
    vectors, links, shards = with_fractions(*args)
    return vectors / 1e9, links / 1e9, shards


def total(*args):
    vectors, links, shards = with_fractions(*args)
    return vectors + links, shards


RIGHT = [with_fractions, counted_up, in_torch]
WRONG = [
    (in_gigabytes, "first the bytes of the vectors"),
    (total, "the shape (2,)"),
    (one_link_a_level, "M links on each of them"),
    (changed(0, lambda x: 8 * x), "the bytes of the vectors"),
    (changed(1, lambda x: 2 * x), "the bytes of the links"),
    (changed(2, lambda x: x + 1), "1 of 3 figures are not right, first the number of shards"),
    (lambda *args: (0, 0, 1), "first the bytes of the vectors"),
    (lambda *args: None, "None (is the `return` there?)"),
]
SURVIVORS = {
    (
        "fits = min(shard_documents, int(fill * ram_bytes / (vector + link))): min(shard_"
        "documents, int(fill * ram_bytes / (vector + link))) -> min(int(fill * ram_bytes "
        "/ (vector + link)), shard_documents)"
    ): "the smaller of two numbers has no order",
}
