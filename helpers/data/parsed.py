"""What was read from a source once is kept as JSON, because reading it takes seconds."""

import json
from collections.abc import Callable
from pathlib import Path

from helpers.data import cache
from helpers.data.catalogue import contents_digest, source
from helpers.data.errors import DataError

__all__ = ["parsed"]


def parsed(source_name: str, version: int, parse: Callable[[], object]):
    """Return ``parse()``, from the cache if it was parsed before.

    Parameters
    ----------
    source_name : str
        The one source that `parse` reads; another file of it is parsed anew.
    version : int
        To be raised whenever the rules of `parse` change.
    parse : callable
        Returns lists, dicts with str keys, strings and numbers.

    Returns
    -------
    object
        As JSON gives it back: tuples become lists.

    Raises
    ------
    DataError
        If the source cannot be fetched or read, or the kept file is damaged.
    """
    digest = contents_digest([source(source_name)])
    path = cache.cache_dir() / "parsed" / f"{source_name}-v{version}-{digest}.json"
    if not path.exists():
        # Before derived takes the lock, because fetching takes it too.
        content = json.dumps(parse(), ensure_ascii=False)

        def save(target: Path) -> None:
            target.write_text(content, encoding="utf-8")

        cache.derived(path, save)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"The cached file {path} is damaged ({error}): delete it and try again."
        ) from error
