"""Semantic search as an application: an engine with filters and reasons, and a search box.

The engine is plain Python and can be tested without a browser; the box is a thin layer of widgets
over it. In a stored notebook a widget is dead, so the build shows one answered query instead.
"""

import datetime
import html
import re
import time
from collections import Counter
from typing import NamedTuple

import numpy as np

from helpers.bm25 import BM25, index_terms
from helpers.data.retrieval import RetrievalDocument, RetrievalSet
from helpers.data.text import split_sentences
from helpers.models.text_encoder import TextEncoder
from helpers.progress import building
from helpers.ranking import fusion_scores, ranked

__all__ = ["MODES", "Hit", "SearchBox", "SearchEngine", "hits_html", "hits_text", "show_search"]

MODES = ("hybrid", "meaning", "words")
_PIECE = re.compile(r"[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)*")


class Hit(NamedTuple):
    """One result and the reasons for it.

    Attributes
    ----------
    document : RetrievalDocument
        The page.
    row : int
        Its number in the set.
    cosine : float
        Similarity of the page and the query.
    word_rank, meaning_rank : int or None
        Its rank in the two lists, from 1; None where it is in the list's first `depth` no more.
    found : list of str
        The words of the page that match words of the query, as they stand there.
    sentence : str
        The sentence that is most similar to the query.
    """

    document: RetrievalDocument
    row: int
    cosine: float
    word_rank: int | None
    meaning_rank: int | None
    found: list[str]
    sentence: str


class SearchEngine:
    """Search pages by words and by meaning, among those that pass the filters.

    Parameters
    ----------
    retrieval : RetrievalSet
        The pages.
    encoder : TextEncoder
        For queries and sentences.
    vectors : ndarray (n, d)
        The encoded pages (title and text), unit rows.
    bm25 : BM25
        An index of the same texts.
    depth : int
        How many pages of each list are fused.

    Raises
    ------
    ValueError
        If pages, vectors and index do not have the same number of rows.
    """

    def __init__(
        self,
        retrieval: RetrievalSet,
        encoder: TextEncoder,
        vectors: np.ndarray,
        bm25: BM25,
        depth: int = 10,
    ):
        self.pages = retrieval.documents
        if not len(self.pages) == len(vectors) == len(bm25):
            raise ValueError(
                f"{len(self.pages)} pages, {len(vectors)} vectors and an index of {len(bm25)}: "
                "encode and index the same pages."
            )
        self.encoder, self.vectors, self.bm25, self.depth = encoder, vectors, bm25, depth
        self.categories = dict(sorted(Counter(page.category for page in self.pages).items()))
        self.products = sorted({page.product for page in self.pages if page.product})
        self._sentences: dict[int, tuple[list[str], np.ndarray]] = {}

    def allowed(
        self,
        category: str | None = None,
        product: str | None = None,
        since: datetime.date | None = None,
    ) -> np.ndarray:
        """Return the rows that pass the filters; a filter that is None lets everything pass.

        Raises
        ------
        ValueError
            If there is no such category or product.
        """
        if category is not None and category not in self.categories:
            raise ValueError(f"no category {category!r}: see engine.categories.")
        if product is not None and product not in self.products:
            raise ValueError(f"no product {product!r}: see engine.products.")
        return np.array(
            [
                row
                for row, page in enumerate(self.pages)
                if (category is None or page.category == category)
                and (product is None or page.product == product)
                and (since is None or page.updated >= since)
            ],
            dtype=int,
        )

    def search(self, query: str, *, mode: str = "hybrid", k: int = 5, **filters) -> list[Hit]:
        """Find the best pages.

        Parameters
        ----------
        query : str
            What somebody types; an empty one finds nothing.
        mode : {"hybrid", "meaning", "words"}
            Reciprocal rank fusion of both lists, the encoder's alone, BM25's alone.
        k : int
            Number of results at most.
        **filters
            `category`, `product` and `since` of :meth:`allowed`, applied *before* ranking.

        Returns
        -------
        list of Hit

        Raises
        ------
        ValueError
            If there is no such mode, category or product, or `k` is less than 1.
        """
        if mode not in MODES:
            raise ValueError(f"no mode {mode!r}: choose one of {', '.join(MODES)}.")
        if k < 1:
            raise ValueError(f"k must be 1 or more, not {k}.")
        rows = self.allowed(**filters)
        if not query.strip() or not len(rows):
            return []
        vector = self.encoder.encode([query])[0]
        cosines = self.vectors @ vector
        by_words = rows[ranked(self.bm25.scores(query)[rows], above=0.0)].tolist()
        by_meaning = rows[ranked(cosines[rows])].tolist()
        lists = {"words": [by_words], "meaning": [by_meaning], "hybrid": [by_words, by_meaning]}
        depth = self.depth if mode == "hybrid" else k
        places = [
            {row: rank for rank, row in enumerate(found[: self.depth], 1)}
            for found in (by_words, by_meaning)
        ]
        terms = set(index_terms(query))
        hits = []
        for row in list(fusion_scores(lists[mode], depth=depth))[:k]:
            page = self.pages[row]
            found = [w for w in _PIECE.findall(page.content) if terms & set(index_terms(w))]
            hits.append(
                Hit(
                    page,
                    row,
                    float(cosines[row]),
                    places[0].get(row),
                    places[1].get(row),
                    list(dict.fromkeys(found)),
                    self._best_sentence(row, vector),
                )
            )
        return hits

    def _best_sentence(self, row: int, vector: np.ndarray) -> str:
        # Encoded when a page is first shown: encoding every sentence ahead would cost as much as
        # encoding all pages again.
        if row not in self._sentences:
            sentences = split_sentences(self.pages[row].text)
            self._sentences[row] = sentences, self.encoder.encode(sentences)
        sentences, vectors = self._sentences[row]
        return sentences[int(np.argmax(vectors @ vector))]


def hits_text(hits: list[Hit]) -> str:
    """Return results as plain text: title, the reasons, the sentence."""
    if not hits:
        return "Nothing found."
    return "\n".join(
        f"{number}. {hit.document.title} [{hit.document.category}] {_reasons(hit)}\n"
        f"   {hit.sentence}"
        for number, hit in enumerate(hits, 1)
    )


def hits_html(hits: list[Hit]) -> str:
    """Return results as HTML: matching words marked, the most similar sentence bold."""
    if not hits:
        return "<p>Nothing found. Try other words, or fewer filters.</p>"
    items = []
    for hit in hits:
        page, found = hit.document, set(hit.found)
        before, sentence, after = page.text.partition(hit.sentence)
        text = f"{_marked(before, found)}<b>{_marked(sentence, found)}</b>{_marked(after, found)}"
        about = " · ".join(filter(None, (page.category, page.product, f"{page.updated}")))
        items.append(
            f"<li><b>{_marked(page.title, found)}</b> <small>{html.escape(about)}</small><br>"
            f"{text}<br><small><i>{html.escape(_reasons(hit))}</i></small></li>"
        )
    return f"<ol>{''.join(items)}</ol>"


def _reasons(hit: Hit) -> str:
    words = f"words: rank {hit.word_rank}" if hit.word_rank else "words: not among the first"
    if hit.found:
        words += f" ({', '.join(hit.found)})"
    meaning = f"rank {hit.meaning_rank}" if hit.meaning_rank else "not among the first"
    return f"{words}; meaning: {meaning}, cosine {hit.cosine:.2f}"


def _marked(text: str, found: set[str]) -> str:
    """Escape a text and mark the words that were found."""
    parts, end = [], 0
    for match in _PIECE.finditer(text):
        if match.group() in found:
            parts += [html.escape(text[end : match.start()]), f"<mark>{match.group()}</mark>"]
            end = match.end()
    return "".join([*parts, html.escape(text[end:])])


class SearchBox:
    """A search box with filters: :attr:`widget` shows it, its controls can be set by code too.

    Parameters
    ----------
    engine : SearchEngine
        What answers.
    query : str
        What stands in the box at first.
    """

    def __init__(self, engine: SearchEngine, query: str = ""):
        import ipywidgets as w

        self.engine = engine
        kinds = [(f"{name} ({count})", name) for name, count in engine.categories.items()]
        wide = {"description_width": "initial"}
        self.query = w.Text(query, description="Search", layout={"width": "60%"})
        self.mode = w.ToggleButtons(options=MODES, description="by")
        # A value None would leave a menu empty: ipywidgets takes it for "nothing chosen".
        self.category = w.Dropdown(options=[("all", ""), *kinds], description="Category")
        products = [("all", ""), *((name, name) for name in engine.products)]
        self.product = w.Dropdown(options=products, description="Product")
        self.since = w.DatePicker(description="Updated since", style=wide)
        self.status, self.results = w.HTML(), w.HTML()
        self._controls = (self.query, self.mode, self.category, self.product, self.since)
        for control in self._controls:
            control.observe(self._answer, names="value")
        filters = w.HBox([self.category, self.product, self.since])
        self.widget = w.VBox([self.query, self.mode, filters, self.status, self.results])
        self._answer()

    def _answer(self, change=None) -> None:
        started = time.perf_counter()
        hits = self.engine.search(
            self.query.value,
            mode=self.mode.value,
            category=self.category.value or None,
            product=self.product.value or None,
            since=self.since.value,
        )
        milliseconds = 1000 * (time.perf_counter() - started)
        self.results.value = hits_html(hits) if self.query.value.strip() else ""
        found = "1 result" if len(hits) == 1 else f"{len(hits)} results"
        self.status.value = f"<small>{found} in {milliseconds:.0f} ms</small>"


def show_search(engine: SearchEngine, query: str, **settings) -> None:
    """Show a live search box; in a stored notebook, the answers to `query` alone.

    Parameters
    ----------
    engine : SearchEngine
        What answers.
    query : str
        What stands in the box at first.
    **settings
        Mode and filters of :meth:`SearchEngine.search` for the stored answers.
    """
    from IPython.display import display

    if building():
        hits = engine.search(query, **settings)
        heading = f"<p><b>Search:</b> {html.escape(query)}</p>"
        text = f"Search: {query}\n{hits_text(hits)}"
        display({"text/html": heading + hits_html(hits), "text/plain": text}, raw=True)
        return
    box = SearchBox(engine, query)
    for name, value in settings.items():
        getattr(box, name).value = value
    display(box.widget)
