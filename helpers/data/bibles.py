"""Four public-domain translations of the Bible, aligned by verse: real paraphrases.

The text of a wheel is the argument of a constructor in a Python module of 6 MB; it is read from
the module's syntax tree, so nothing of it runs.
"""

import ast
import functools
import re
from collections.abc import Mapping
from types import MappingProxyType

from helpers.data.archive import read_text
from helpers.data.errors import DataError
from helpers.data.parsed import parsed

__all__ = ["TRANSLATIONS", "aligned_verses", "bible", "verse_id", "verse_reference"]

TRANSLATIONS = MappingProxyType(
    {
        "web": "World English Bible",
        "kjv": "King James Version",
        "asv": "American Standard Version",
        "ylt": "Young's Literal Translation",
    }
)

_NUMBER = re.compile(r"^\s*\d+\.\s*")
# The World English Bible has the title of the next psalm at the end of a verse.
_NEXT_PSALM = re.compile(r"\s{2,}(?:BOOK [IVX]+\s+)?Psalm \d+.*$", re.DOTALL)
# Psalm 119 has a Hebrew letter over each stanza of eight verses, at the end of the verse before it
# or at the start of the stanza.
_NEXT_LETTER = re.compile(r"\s+[A-Z]{2,7}\.?\s*$")
_OWN_LETTER = re.compile(r"^\s*\[[A-Z][a-z]+\.\]\s*")
_PSALMS, _LONGEST_PSALM = 19, 119
_BEFORE_PSALMS = 18_042_017
# The World English Bible has the doxology of Romans, 16:25-27 elsewhere, at the end of chapter 14.
_DOXOLOGY = {45_014_024: 45_016_025, 45_014_025: 45_016_026, 45_014_026: 45_016_027}
_RULES = 1  # To be raised with every change of what _read returns.


def verse_id(book: int, chapter: int, verse: int) -> int:
    """Return the number of a verse: ``book * 1_000_000 + chapter * 1_000 + verse``."""
    return book * 1_000_000 + chapter * 1_000 + verse


def verse_reference(verse: int) -> tuple[int, int, int]:
    """Split the number of a verse into book (1 to 66), chapter and verse."""
    return verse // 1_000_000, verse // 1_000 % 1_000, verse % 1_000


@functools.cache
def bible(translation: str = "kjv") -> Mapping[int, str]:
    """Read one translation.

    Parameters
    ----------
    translation : {"web", "kjv", "asv", "ylt"}
        World English Bible, King James, American Standard, Young's Literal.

    Returns
    -------
    mapping of int to str
        All 31,102 verses in order, keyed by :func:`verse_id`, without verse numbers and psalm
        titles. The American Standard Version leaves 16 verses out on textual grounds: they are
        empty strings. Square brackets mark words that the translators added. The mapping is
        read-only.

    Raises
    ------
    DataError
        If the translation is unknown, or its source cannot be fetched or read.
    """
    if translation not in TRANSLATIONS:
        known = ", ".join(TRANSLATIONS)
        raise DataError(f"There is no translation called {translation!r}: choose from {known}.")
    verses = parsed(f"pythonbible-{translation}", _RULES, functools.partial(_read, translation))
    return MappingProxyType({number: text for number, text in verses})


def _read(translation: str) -> list[tuple[int, str]]:
    path = f"pythonbible_{translation}/plain_text_bible.py"
    tree = ast.parse(read_text(f"pythonbible-{translation}", path))
    # bible = Bible(version, text, starts, ends, ...): character positions of each verse.
    arguments = next(node.value.args for node in tree.body if isinstance(node, ast.Assign))
    text, starts, ends = (ast.literal_eval(argument) for argument in arguments[1:4])
    verses = {
        _DOXOLOGY.get(number, number): _clean(number, text[start : ends[number]])
        for number, start in starts.items()
    }
    return sorted(verses.items())


def _clean(number: int, text: str) -> str:
    text = _NUMBER.sub("", text)
    book, chapter, verse = verse_reference(number)
    if book == _PSALMS or number == _BEFORE_PSALMS:
        text = _NEXT_PSALM.sub("", text)
    if (book, chapter) == (_PSALMS, _LONGEST_PSALM):
        text = _OWN_LETTER.sub("", text)
        if verse % 8 == 0:
            text = _NEXT_LETTER.sub("", text)
    return " ".join(text.split())


def aligned_verses() -> dict[int, dict[str, str]]:
    """Read the verses that all four translations have.

    Returns
    -------
    dict of int to dict of str to str
        ``aligned_verses()[verse_id(1, 1, 1)]["kjv"]`` is the first verse of the King James
        Version. 31,086 verses: the 16 that the American Standard Version leaves out are not here.

    Raises
    ------
    DataError
        If a source cannot be fetched or read.
    """
    texts = {translation: bible(translation) for translation in TRANSLATIONS}
    verses = {}
    for number in texts["kjv"]:
        verse = {translation: text[number] for translation, text in texts.items()}
        if all(verse.values()):
            verses[number] = verse
    return verses
