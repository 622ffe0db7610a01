"""Sentence pairs with a similarity score, and triplets with a hard negative (own-written, CC0).

The scale, the kinds and how the sentences were judged are in `data/sentence_pairs/README.md`.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

from helpers.data.errors import DataError
from helpers.data.jsonl import read_rows

__all__ = [
    "PAIR_KINDS",
    "TRIPLET_TRAPS",
    "SentencePair",
    "SentenceTriplet",
    "sentence_pairs",
    "sentence_triplets",
]

PAIR_KINDS = (
    "paraphrase",
    "negated_paraphrase",
    "detail",
    "entailment",
    "certainty",
    "number",
    "name",
    "role_swap",
    "similar_event",
    "negation",
    "opposite",
    "same_topic",
    "distant",
    "other_sense",
    "unrelated",
)
TRIPLET_TRAPS = (
    "negation",
    "opposite",
    "role_swap",
    "certainty",
    "detail",
    "other_sense",
    "other_statement",
    "same_frame",
)

_FOLDER = Path(__file__).parents[2] / "data" / "sentence_pairs"
_SCORES = tuple(step / 2 for step in range(11))
_PAIR_SPLITS = ("train", "dev", "test")
_TRIPLET_SPLITS = ("train", "test")


@dataclass(frozen=True, slots=True)
class SentencePair:
    """Two sentences and how alike their meanings are.

    Attributes
    ----------
    id : str
        Such as ``"pair-role-swap-01"``.
    kind : str
        What makes the pair interesting, one of `PAIR_KINDS`.
    score : float
        From 0 (nothing in common) to 5 (the same meaning) in steps of 0.5.
    split : str
        ``"train"``, ``"dev"`` or ``"test"``.
    sentence1, sentence2 : str
        The order carries no meaning.
    """

    id: str
    kind: str
    score: float
    split: str
    sentence1: str
    sentence2: str


@dataclass(frozen=True, slots=True)
class SentenceTriplet:
    """A sentence, another one that means the same, and a lookalike that does not.

    Attributes
    ----------
    id : str
        Such as ``"triplet-kitchen-01"``.
    topic : str
        What the anchor is about.
    trap : str
        How the negative differs from the anchor, one of `TRIPLET_TRAPS`.
    split : str
        ``"train"`` or ``"test"``.
    anchor : str
        The sentence to compare with.
    positive : str
        The same meaning in other words.
    negative : str
        Another meaning in largely the same words.
    """

    id: str
    topic: str
    trap: str
    split: str
    anchor: str
    positive: str
    negative: str


_Row = TypeVar("_Row", SentencePair, SentenceTriplet)


def sentence_pairs(
    split: str | None = None, folder: str | Path | None = None
) -> tuple[SentencePair, ...]:
    """Read the sentence pairs with similarity scores.

    Parameters
    ----------
    split : {"train", "dev", "test"}, optional
        Which part; by default all.
    folder : path-like, optional
        Another folder with a ``pairs.jsonl`` of the same format; by default the project's
        ``data/sentence_pairs``.

    Returns
    -------
    tuple of SentencePair
        300 pairs: 180, 60 and 60 in the three parts, each with the same mix of kinds.

    Raises
    ------
    ValueError
        If there is no such part.
    DataError
        If the file is missing, or a line of it is not what it should be.
    """
    allowed = {"kind": PAIR_KINDS, "score": _SCORES, "split": _PAIR_SPLITS}
    return _read(folder, "pairs.jsonl", SentencePair, allowed, split)


def sentence_triplets(
    split: str | None = None, folder: str | Path | None = None
) -> tuple[SentenceTriplet, ...]:
    """Read the triplets of anchor, positive and hard negative.

    Parameters
    ----------
    split : {"train", "test"}, optional
        Which part; by default all.
    folder : path-like, optional
        Another folder with a ``triplets.jsonl`` of the same format; by default the project's
        ``data/sentence_pairs``.

    Returns
    -------
    tuple of SentenceTriplet
        500 triplets: 400 and 100 in the two parts, with the same mix of traps.

    Raises
    ------
    ValueError
        If there is no such part.
    DataError
        If the file is missing, or a line of it is not what it should be.
    """
    allowed = {"trap": TRIPLET_TRAPS, "split": _TRIPLET_SPLITS}
    return _read(folder, "triplets.jsonl", SentenceTriplet, allowed, split)


def _read(
    folder: str | Path | None,
    name: str,
    row_type: type[_Row],
    allowed: dict[str, tuple],
    split: str | None,
) -> tuple[_Row, ...]:
    splits = allowed["split"]
    if split is not None and split not in splits:
        choices = ", ".join(map(repr, splits))
        raise ValueError(f"split must be one of {choices}, or None for all; not {split!r}.")
    path = (_FOLDER if folder is None else Path(folder)) / name
    rows: dict[str, _Row] = {}
    names = tuple(field.name for field in fields(row_type))
    for place, found in read_rows(path, names, "the sentence pairs"):
        _check(place, found, allowed)
        row = row_type(**found)
        if row.id in rows:
            raise DataError(f"{place}: the id {row.id!r} occurs twice; rename one.")
        rows[row.id] = row
    return tuple(row for row in rows.values() if split in (None, row.split))


def _check(place: str, row: dict, allowed: dict[str, tuple]) -> None:
    """Raise DataError, with its place, if a value is not what it should be."""
    for name, value in row.items():
        if name in allowed:
            # A bool equals 0 or 1, but is no score.
            if isinstance(value, bool) or value not in allowed[name]:
                choices = ", ".join(map(str, allowed[name]))
                raise DataError(f"{place}: {name} must be one of {choices}, not {value!r}.")
        elif not isinstance(value, str) or not value:
            raise DataError(f"{place}: {name} must be a text that is not empty, not {value!r}.")
