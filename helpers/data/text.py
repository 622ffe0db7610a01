"""Tokenisation: how the course turns text into words.

The rules, which are the same for every corpus:

- lower case; accents and ligatures are resolved (``Cæsar`` → ``caesar``);
- a token is a run of letters, with apostrophes only between letters (``don't``, ``o'clock``);
- a possessive is a token of its own, as in GloVe's vocabulary: ``king's`` → ``king``, ``'s``;
- hyphens and dashes separate (``first-born`` → ``first``, ``born``);
- whatever holds a digit or a character that could not be decoded is dropped (``1913``, ``2nd``),
  and so are punctuation and web addresses.
"""

import re
import unicodedata

__all__ = ["TEXT_VERSION", "plain_letters", "split_sentences", "tokenize"]

# Part of the name of every cached corpus: raise it when a rule of tokenising or cleaning changes.
TEXT_VERSION = 3

_LETTERS = str.maketrans(
    {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ß": "ss", "ø": "o", "Ø": "O", "đ": "d", "ł": "l"}
    | dict.fromkeys("`´‘’ʼ′", "'")
)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
# Digits and the replacement character are part of a run, so that the whole run can be dropped.
_RUN = re.compile("[a-z0-9\ufffd]+(?:'[a-z0-9\ufffd]+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])")


def plain_letters(text: str) -> str:
    """Resolve ligatures and accents and make every apostrophe the same.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        The text with letters of the English alphabet where they have an equivalent there.
    """
    if text.isascii():
        return text.replace("`", "'")
    decomposed = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def tokenize(text: str) -> list[str]:
    """Split a text into the course's tokens.

    Parameters
    ----------
    text : str
        Any text; the rules are those of this module.

    Returns
    -------
    list of str
        Lower-case tokens, in order.

    Examples
    --------
    >>> tokenize("The king's first-born, in 1913, didn't see Cæsar.")
    ['the', 'king', "'s", 'first', 'born', 'in', "didn't", 'see', 'caesar']
    """
    if "http" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    tokens = []
    for run in _RUN.findall(plain_letters(text).lower()):
        # isalpha is false for digits, the replacement character and apostrophes.
        if run.isalpha():
            tokens.append(run)
        elif run.replace("'", "").isalpha():
            if run.endswith("'s"):
                tokens += [run[:-2], "'s"]
            else:
                tokens.append(run)
    return tokens


def split_sentences(text: str) -> list[str]:
    """Split running English prose after full stops, question and exclamation marks.

    A plain rule: an abbreviation before a capital letter ("Mr. Smith") splits too, which costs a
    word-embedding corpus nothing but one context window.
    """
    return [part for part in _SENTENCE_END.split(text) if part.strip()]
