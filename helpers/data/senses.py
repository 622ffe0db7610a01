"""Sentences with an ambiguous word, each labelled with the sense it has there (own-written, CC0).

What the words and senses are, and how the sentences were written, is in `data/senses/README.md`.
"""

import re
from dataclasses import dataclass, fields
from pathlib import Path

from helpers.data.errors import DataError
from helpers.data.jsonl import read_rows

__all__ = ["SenseSentence", "sense_sentences"]

_FOLDER = Path(__file__).parents[2] / "data" / "senses"


@dataclass(frozen=True, slots=True)
class SenseSentence:
    """A sentence in which a word has one of its senses.

    Attributes
    ----------
    id : str
        Such as ``"sense-bank-river-3"``.
    word : str
        The ambiguous word, in lower case; it stands in the sentence once.
    sense : str
        A name for the sense: ``"river"``, ``"money"``.
    sentence : str
        The text.
    """

    id: str
    word: str
    sense: str
    sentence: str


def sense_sentences(folder: str | Path | None = None) -> tuple[SenseSentence, ...]:
    """Read the sentences with ambiguous words.

    Parameters
    ----------
    folder : path-like, optional
        Another folder with a ``senses.jsonl`` of the same format; by default the project's
        ``data/senses``.

    Returns
    -------
    tuple of SenseSentence
        112 sentences: seven words, two senses each, eight sentences for a sense.

    Raises
    ------
    DataError
        If the file is missing, or a line of it is not what it should be.
    """
    path = (_FOLDER if folder is None else Path(folder)) / "senses.jsonl"
    rows: dict[str, SenseSentence] = {}
    names = tuple(field.name for field in fields(SenseSentence))
    for place, found in read_rows(path, names, "the sense sentences"):
        for name, value in found.items():
            if not isinstance(value, str) or not value:
                raise DataError(f"{place}: {name} must be a text that is not empty, not {value!r}.")
        row = SenseSentence(**found)
        times = len(re.findall(re.escape(row.word), row.sentence.lower()))
        if times != 1:
            raise DataError(f"{place}: {row.word!r} must stand in the sentence once, not {times}x.")
        if row.id in rows:
            raise DataError(f"{place}: the id {row.id!r} occurs twice; rename one.")
        rows[row.id] = row
    return tuple(rows.values())
