"""The course's own graded retrieval set: documents of an invented shop, queries, judgements.

Written for the course and in the public domain (CC0); see ``data/retrieval/README.md`` for how it
was written and judged. Grades follow the usual four-point scale of TREC-style judging.

References
----------
Järvelin & Kekäläinen (2002), "Cumulated gain-based evaluation of IR techniques", for why grades
are worth having.
"""

import datetime
from dataclasses import dataclass
from pathlib import Path

from helpers.data.errors import DataError
from helpers.data.jsonl import read_rows

__all__ = [
    "QUERY_KINDS",
    "Judgement",
    "RetrievalDocument",
    "RetrievalQuery",
    "RetrievalSet",
    "retrieval_set",
]

QUERY_KINDS = ("paraphrase", "identifier", "negation", "keyword", "multi-aspect")

_FOLDER = Path(__file__).parent.parent.parent / "data" / "retrieval"
_DOCUMENT_FIELDS = ("id", "title", "text", "category", "product", "updated", "language")
_QUERY_FIELDS = ("id", "kind", "text", "relevance")
_OWNER = "the retrieval set"


@dataclass(frozen=True)
class RetrievalDocument:
    """One short page.

    Attributes
    ----------
    id : str
        Stable and readable, such as ``"code-w-140"``. Not meant to be searched.
    title, text : str
        A headline, and 40 to 120 words.
    category : str
        The part of the site or handbook, such as ``"product"`` or ``"error-code"``.
    product : str or None
        The one product that the page is about, if it is about one.
    updated : datetime.date
        When the page was last changed.
    language : str
        Always ``"en"``.
    """

    id: str
    title: str
    text: str
    category: str
    product: str | None
    updated: datetime.date
    language: str

    @property
    def content(self) -> str:
        """Title and text as one string: what the figures in the datasheet were measured on."""
        return f"{self.title}. {self.text}"


@dataclass(frozen=True)
class Judgement:
    """How relevant a document is to a query.

    Attributes
    ----------
    doc : str
        The document's id.
    grade : int
        3 answers fully, 2 in part or with a reservation, 1 is on the topic and of some help,
        0 was looked at and does not answer (a hard negative).
    """

    doc: str
    grade: int


@dataclass(frozen=True)
class RetrievalQuery:
    """One query and its judgements.

    Attributes
    ----------
    id : str
        The kind and a number, such as ``"negation-04"``.
    kind : str
        One of `QUERY_KINDS`.
    text : str
        What somebody types.
    relevance : tuple of Judgement
        Highest grade first. A document that is not listed has grade 0.
    """

    id: str
    kind: str
    text: str
    relevance: tuple[Judgement, ...]

    @property
    def grades(self) -> dict[str, int]:
        """The grade of each judged document, zeros included."""
        return {judgement.doc: judgement.grade for judgement in self.relevance}

    @property
    def relevant(self) -> tuple[str, ...]:
        """Documents with a grade of 1 or more, the best first."""
        return tuple(judgement.doc for judgement in self.relevance if judgement.grade)

    @property
    def hard_negatives(self) -> tuple[str, ...]:
        """Documents that look right and were judged 0."""
        return tuple(judgement.doc for judgement in self.relevance if not judgement.grade)


@dataclass(frozen=True)
class RetrievalSet:
    """Documents and the queries judged against them.

    Attributes
    ----------
    documents : tuple of RetrievalDocument
        In the order of the file.
    queries : tuple of RetrievalQuery
        In the order of the file: 20 of each kind.
    """

    documents: tuple[RetrievalDocument, ...]
    queries: tuple[RetrievalQuery, ...]

    @property
    def positions(self) -> dict[str, int]:
        """The row of each document id: what turns a ranking of rows into one of documents."""
        return {document.id: row for row, document in enumerate(self.documents)}

    def of_kind(self, kind: str) -> tuple[RetrievalQuery, ...]:
        """Select the queries of one kind.

        Parameters
        ----------
        kind : str
            One of `QUERY_KINDS`.

        Returns
        -------
        tuple of RetrievalQuery

        Raises
        ------
        ValueError
            If there is no such kind.
        """
        if kind not in QUERY_KINDS:
            raise ValueError(f"no kind {kind!r}: choose one of {', '.join(QUERY_KINDS)}.")
        return tuple(query for query in self.queries if query.kind == kind)


def retrieval_set(folder: str | Path | None = None) -> RetrievalSet:
    """Read the course's graded retrieval set.

    Parameters
    ----------
    folder : path-like, optional
        Another folder with ``documents.jsonl`` and ``queries.jsonl`` of the same format; by
        default the project's ``data/retrieval``.

    Returns
    -------
    RetrievalSet
        318 documents and 100 queries.

    Raises
    ------
    DataError
        If a file is missing, or a line of it is not what it should be.
    """
    folder = _FOLDER if folder is None else Path(folder)
    documents: dict[str, RetrievalDocument] = {}
    for place, row in read_rows(folder / "documents.jsonl", _DOCUMENT_FIELDS, _OWNER):
        document = _document(place, row)
        if document.id in documents:
            raise DataError(f"{place}: the document {document.id!r} occurs twice; rename one.")
        documents[document.id] = document
    queries: dict[str, RetrievalQuery] = {}
    for place, row in read_rows(folder / "queries.jsonl", _QUERY_FIELDS, _OWNER):
        query = _query(place, row, documents)
        if query.id in queries:
            raise DataError(f"{place}: the query {query.id!r} occurs twice; rename one.")
        queries[query.id] = query
    return RetrievalSet(tuple(documents.values()), tuple(queries.values()))


def _document(place: str, row: dict) -> RetrievalDocument:
    for field in _DOCUMENT_FIELDS:
        value = row[field]
        if not (isinstance(value, str) and value) and (field, value) != ("product", None):
            raise DataError(f"{place}: {field} must be a text that is not empty, not {value!r}.")
    try:
        updated = datetime.date.fromisoformat(row["updated"])
    except ValueError as error:
        raise DataError(
            f"{place}: updated must be a date like 2025-03-31, not {row['updated']!r}."
        ) from error
    return RetrievalDocument(**{**row, "updated": updated})


def _query(place: str, row: dict, documents: dict[str, RetrievalDocument]) -> RetrievalQuery:
    for field in ("id", "text"):
        if not isinstance(row[field], str) or not row[field]:
            raise DataError(
                f"{place}: {field} must be a text that is not empty, not {row[field]!r}."
            )
    if row["kind"] not in QUERY_KINDS:
        raise DataError(f"{place}: kind must be one of {', '.join(QUERY_KINDS)}.")
    judged: dict[str, int] = {}
    for entry in row["relevance"] if isinstance(row["relevance"], list) else [None]:
        if not isinstance(entry, dict) or tuple(entry) != ("doc", "grade"):
            raise DataError(f'{place}: write relevance as [{{"doc": ..., "grade": ...}}, ...].')
        doc, grade = entry["doc"], entry["grade"]
        if not isinstance(doc, str) or doc not in documents:
            raise DataError(f"{place}: there is no document {doc!r}; correct the id.")
        if type(grade) is not int or not 0 <= grade <= 3:
            raise DataError(f"{place}: a grade is 0, 1, 2 or 3, not {grade!r}.")
        if doc in judged:
            raise DataError(f"{place}: {doc!r} is judged twice; keep one grade.")
        judged[doc] = grade
    if 3 not in judged.values():
        raise DataError(f"{place}: no document has grade 3; every query needs one.")
    best_first = sorted(judged.items(), key=lambda item: -item[1])
    return RetrievalQuery(
        row["id"], row["kind"], row["text"], tuple(Judgement(*item) for item in best_first)
    )
