"""Layouts that were computed ahead, packed as 16-bit whole numbers in a file of figures."""

import base64
from pathlib import Path

import numpy as np

from helpers.layout_quality import procrustes
from helpers.stored import read_stored

__all__ = [
    "QUALITY",
    "TSNE_EPOCHS",
    "load_divergences",
    "load_layouts",
    "load_tsne_epochs",
    "pack",
    "unpack",
]

DATA = Path(__file__).parent.parent / "data"
QUALITY = DATA / "layout_quality.json"
TSNE_EPOCHS = DATA / "tsne_epochs.json"
_STEPS = 32_000


def pack(layout) -> dict:
    """Round coordinates to a 32,000th of the largest one and pack them for a JSON file.

    Parameters
    ----------
    layout : array_like (n, p)

    Returns
    -------
    dict
        ``shape``, ``unit`` and ``int16``, the numbers as base64 (little endian).

    Raises
    ------
    ValueError
        If `layout` is no matrix of finite numbers.
    """
    layout = np.asarray(layout, dtype=np.float64)
    if layout.ndim != 2 or not np.isfinite(layout).all():
        raise ValueError("a layout must be a matrix of finite numbers.")
    unit = float(f"{np.abs(layout).max() / _STEPS:.6g}") or 1.0
    whole = np.rint(layout / unit).astype("<i2")
    return {
        "shape": list(layout.shape),
        "unit": unit,
        "int16": base64.b64encode(whole.tobytes()).decode("ascii"),
    }


def unpack(packed: dict) -> np.ndarray:
    """Return the layout that :func:`pack` packed: (n, p) float64.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    try:
        whole = np.frombuffer(base64.b64decode(packed["int16"], validate=True), dtype="<i2")
        return whole.reshape(packed["shape"]) * float(packed["unit"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("a stored layout is damaged: make the file again.") from error


def load_layouts(path: Path = QUALITY) -> dict[str, np.ndarray]:
    """Read the layouts of digits and posts that ``benchmarks/layout_quality.py`` computed.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict of str to ndarray (n, p)
        By names such as ``"digits t-SNE perplexity 30 seed 0"``.

    Raises
    ------
    ValueError
        If the file is missing or damaged.
    """
    return {name: unpack(packed) for name, packed in _read_quality(path).items()}


def load_divergences(path: Path = QUALITY) -> dict[str, float]:
    """Read the divergence that each stored t-SNE picture ended with, in nats.

    Names and errors are those of :func:`load_layouts`.

    Returns
    -------
    dict of str to float
    """
    return {name: packed["kl"] for name, packed in _read_quality(path).items() if "kl" in packed}


def _read_quality(path: Path) -> dict[str, dict]:
    again = "run `python -m benchmarks.layout_quality` to make it again"
    return read_stored(path, 1, {"layouts"}, again)["layouts"]


def load_tsne_epochs(path: Path = TSNE_EPOCHS) -> dict:
    """Read the pictures of word vectors over their training.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        ``words`` and ``groups`` (n), ``progress`` (frames) from 0 to 1, ``frames``
        (frames, n, 2), each turned and mirrored onto the one before, at its own size; ``again``
        (seeds, n, 2): the last frame from other starts, turned likewise; ``vectors`` (n, 100): the
        last frame before it was drawn, and ``purity``.

    Raises
    ------
    ValueError
        If the file is missing or damaged.
    """
    again = "run `python -m benchmarks.tsne_epochs` to make it again"
    needed = {"words", "groups", "progress", "frames", "again", "vectors", "purity"}
    raw = read_stored(path, 1, needed, again)
    frames = [_centred(unpack(raw["frames"][0]))]
    for frame in raw["frames"][1:]:
        frames.append(_turned(frames[-1], unpack(frame)))
    return raw | {
        "progress": np.array(raw["progress"]),
        "frames": np.array(frames),
        "again": np.array([_turned(frames[-1], unpack(frame)) for frame in raw["again"]]),
        "vectors": unpack(raw["vectors"]),
    }


def _centred(picture):
    return picture - picture.mean(axis=0)


def _turned(reference, picture):
    # t-SNE turns and mirrors even when it starts from the places of the frame before. The size is
    # kept: it may change over a training.
    turned = _centred(procrustes(reference, picture)[0])
    return turned * (np.linalg.norm(_centred(picture)) / np.linalg.norm(turned))
