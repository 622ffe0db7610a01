"""Whether a built site hangs together: links, anchors, pictures, and nothing from elsewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

__all__ = ["link_problems"]

_ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_IN_STYLES = re.compile(r"@import\s+[\"']?([^\"';\s)]+)|url\(\s*[\"']?([^\"')]+)")
# Elements whose address the browser fetches by itself.
_FETCHED = {"src", "srcset", "data", "poster"}


class _Reader(HTMLParser):
    """Collects a page's anchors, links, and what it makes the browser load."""

    def __init__(self):
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.unnamed: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what matters of one element."""
        values = {name: value or "" for name, value in attrs}
        self.anchors.update(values[name] for name in ("id", "name") if values.get(name))
        if tag in ("a", "area") and "href" in values:
            self.links.append(values["href"])
        if tag == "link" and values.get("rel", "") not in ("canonical", "license"):
            self.loaded.append(values.get("href", ""))
        self.loaded += [values[name] for name in sorted(_FETCHED & set(values)) if values[name]]
        self.loaded += [values[k] for k in ("data-figure",) if k in values]
        if tag == "img" and "alt" not in values:
            self.unnamed.append(values.get("src", ""))
        self._style = tag == "style"
        self.loaded += _in_styles(values.get("style", ""))

    def handle_data(self, data: str) -> None:
        """Look into style sheets that stand in the page."""
        if self._style:
            self.loaded += _in_styles(data)


def _in_styles(text: str) -> list[str]:
    return [a or b for a, b in _IN_STYLES.findall(text)]


def link_problems(site: Path) -> list[str]:
    """List what is broken in a site, one line each.

    Parameters
    ----------
    site : Path
        The site's folder.

    Returns
    -------
    list of str
        Links and anchors that lead nowhere, pictures without a file or an alt text, and
        scripts, styles, fonts, pictures and frames that would be loaded from another host.
    """
    pages = {}
    for path in sorted(site.rglob("*.html")):
        reader = _Reader()
        reader.feed(path.read_text(encoding="utf-8"))
        pages[path.resolve()] = reader
    found = []
    for path, page in pages.items():
        where = path.relative_to(site.resolve()).as_posix()
        for target in page.links + page.loaded:
            loaded = target in page.loaded
            problem = _problem(path, target, loaded, pages)
            if problem:
                found.append(f"{where}: {target}: {problem}")
        found += [f"{where}: {src}: a picture without an alt text" for src in page.unnamed]
    for path in sorted(site.rglob("*.css")):
        where = path.relative_to(site).as_posix()
        for target in _in_styles(path.read_text(encoding="utf-8")):
            problem = _problem(path.resolve(), target, True, pages)
            if problem:
                found.append(f"{where}: {target}: {problem}")
    return found


def _problem(path: Path, target: str, loaded: bool, pages: dict[Path, _Reader]) -> str:
    if target.startswith("data:"):
        return ""
    if _ELSEWHERE.match(target):
        return "loaded from another host" if loaded else ""
    if re.match(r"(mailto|javascript):", target):
        return ""
    if target.startswith("/"):
        return "leads out of the site where it is not at a host's root"
    name, anchor = urldefrag(target.split("?", 1)[0] if "#" not in target else target)
    file = (path.parent / unquote(name.split("?", 1)[0])).resolve() if name else path
    if not file.is_file():
        return "there is no such file"
    if anchor and file in pages and unquote(anchor) not in pages[file].anchors:
        return "there is no such heading"
    return ""
