"""A map that can be searched and hovered in any browser, and its still twin.

The live map is one HTML output: a canvas and plain JavaScript, without a library or a network.
"""

import base64
import html
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from IPython.display import display
from matplotlib.figure import Figure

from helpers.layout_quality import procrustes
from helpers.plots.show import show
from helpers.plots.style import COLOURS, figure
from helpers.progress import building

__all__ = ["Sheet", "map_html", "map_picture", "show_map"]

_MOST = 65_535  # points: neighbours are packed as 16-bit row numbers
_STEPS = 10_000
_PAGE = """<!doctype html><meta charset="utf-8"><style>
body{{margin:0;font:14px sans-serif;color:black;background:white}}
#bar>*{{margin:2px 8px 2px 0}} select{{max-width:15em}}
#map{{width:100%;height:500px;border:1px solid #bbb;box-sizing:border-box;touch-action:none}}
#told{{min-height:2.6em}} #list button{{margin:2px}}
</style>
<div id="bar"><select id="sheet" aria-label="collection"></select>
<select id="picture" aria-label="picture by"></select>
<input id="search" type="search" placeholder="search the map" aria-label="search the map">
<span id="count" role="status"></span>
<select id="cluster" aria-label="show one cluster"></select>
<button id="closer" aria-label="zoom in">+</button><button id="farther"
aria-label="zoom out">&minus;</button><button id="whole">whole map</button></div>
<canvas id="map" role="img" aria-label="{alt}"></canvas>
<div id="told" aria-live="polite"></div><div id="list"></div>
<script>const content = {content};
{script}</script>"""


class Sheet(NamedTuple):
    """One collection on the map.

    Attributes
    ----------
    places : mapping of str to array_like (n, 2)
        By method: pictures between which a reader may switch.
    texts : sequence of str
        What stands at each point: a word, or the beginning of a document.
    clusters : array_like (n,) of int
        0 to c - 1, shown by colour and by name.
    names : sequence of str
        Of the c clusters.
    neighbours : array_like (n, k) of int
        The true neighbours of each point, in the space of the vectors: linked on hovering.
    groups : sequence of str, optional
        A second line for each point, such as the newsgroup.
    """

    places: Mapping
    texts: Sequence[str]
    clusters: object
    names: Sequence[str]
    neighbours: object
    groups: Sequence[str] | None = None


def show_map(sheets: Mapping[str, Sheet], alt: str, search: str = "") -> None:
    """Show the live map; in stored notebooks a still picture too, for where no script runs.

    Parameters
    ----------
    sheets : mapping of str to Sheet
        By collection.
    alt : str
        What is to be seen in it, for readers who see neither.
    search : str
        What stands in the search box at first.

    Raises
    ------
    ValueError
        If a sheet's parts do not fit.
    """
    live = map_html(sheets, alt, search)
    if building():
        show(map_picture(sheets, search), alt)
    display({"text/html": live, "text/plain": alt}, raw=True)


def map_html(sheets: Mapping[str, Sheet], alt: str, search: str = "") -> str:
    """Return the live map as HTML that stands alone.

    Parameters and errors are those of :func:`show_map`.
    """
    content = {
        "colours": COLOURS,
        "search": search,
        "alt": alt,
        "sheets": [_packed(name, sheet) for name, sheet in sheets.items()],
    }
    # "</" would end the script, whatever it stands in.
    packed = json.dumps(content, ensure_ascii=True, separators=(",", ":")).replace("</", "<\\/")
    script = files("helpers.plots").joinpath("explorable.js").read_text(encoding="utf-8")
    page = _PAGE.format(alt=html.escape(alt, quote=True), content=packed, script=script)
    # In a frame of its own neither the notebook's styles nor its names can meet the map's.
    return (
        f'<iframe title="{html.escape(alt, quote=True)}" sandbox="allow-scripts" '
        'style="width:100%;height:690px;border:0;background:white" '
        f'srcdoc="{page.replace("&", "&amp;").replace(chr(34), "&quot;")}"></iframe>'
    )


def map_picture(sheets: Mapping[str, Sheet], search: str = "") -> Figure:
    """Draw each collection's first picture, side by side, with the names of the clusters.

    Where ``search`` is one of the texts, lines lead from its point to its true neighbours.
    """
    fig, axes = figure(1, len(sheets), width=5.4 * len(sheets), height=5.2, squeeze=False)
    for ax, (title, sheet) in zip(axes[0], sheets.items(), strict=True):
        clusters = np.asarray(sheet.clusters)
        method, places = next(iter(sheet.places.items()))
        places = np.asarray(places, dtype=float)
        colours = np.array(COLOURS)[clusters % len(COLOURS)]
        ax.scatter(*places.T, s=2, c=colours, alpha=0.5)
        middles = [_middle(places[clusters == c]) for c in range(len(sheet.names))]
        spread = (places.max(axis=0) - places.min(axis=0)).max()
        box = {"boxstyle": "round,pad=.1", "fc": "white", "ec": "none", "alpha": 0.7}
        for name, (x, y) in zip(sheet.names, _apart(middles, sheet.names, spread), strict=True):
            ax.text(x, y, name, ha="center", va="center", fontsize=7, bbox=box)
        if search in sheet.texts:
            row = list(sheet.texts).index(search)
            for near in np.asarray(sheet.neighbours)[row]:
                ax.plot(*places[[row, near]].T, color="black", lw=0.9, zorder=3)
            ax.plot(*places[row], "o", color="black", ms=5, zorder=4)
            ax.annotate(search, places[row], (6, 6), textcoords="offset points", zorder=5,
                        fontweight="bold", bbox=box)  # fmt: skip
        ax.set(xticks=[], yticks=[], title=f"{title}, {method}", xlabel="no units")
        ax.grid(False)
        ax.set_aspect("equal", "datalim")
    return fig


def _packed(name: str, sheet: Sheet) -> dict:
    n, clusters = len(sheet.texts), np.asarray(sheet.clusters)
    neighbours = np.asarray(sheet.neighbours)
    fits = clusters.shape == (n,) and neighbours.ndim == 2 and len(neighbours) == n
    if not fits or clusters.max() >= len(sheet.names) or not 0 < n <= _MOST:
        raise ValueError(f"{name}: texts, clusters, names and neighbours must fit together.")
    if sheet.groups is not None and len(sheet.groups) != n:
        raise ValueError(f"{name}: there are {n} texts and {len(sheet.groups)} groups.")
    kinds = sorted(set(sheet.groups or ()))
    pictures = []
    for method, places in sheet.places.items():
        places = np.asarray(places, dtype=float)
        if places.shape != (n, 2) or not np.isfinite(places).all():
            raise ValueError(f"{name}, {method}: places must be finite, of shape ({n}, 2).")
        if pictures:  # turned and mirrored, so that points travel no farther than they must
            places = procrustes(np.asarray(next(iter(sheet.places.values()))), places)[0]
        low, high = places.min(axis=0), places.max(axis=0)
        size = (high - low).max() or 1.0
        box = np.rint((places - (low + high) / 2) / size * _STEPS).astype("<i2")
        middles = [
            np.rint(_middle(box[clusters == c])).astype(int).tolist()
            for c in range(len(sheet.names))
        ]
        pictures.append({"name": method, "xy": _base64(box), "middles": middles})
    return {
        "name": name,
        "texts": "\n".join(" ".join(text.split()) for text in sheet.texts),
        "clusters": _base64(clusters.astype("<u2")),
        "names": list(sheet.names),
        "near": _base64(neighbours.astype("<u2")),
        "k": neighbours.shape[1],
        "kinds": kinds,
        "groups": _base64(np.array([kinds.index(g) for g in sheet.groups or ()], dtype="<u2")),
        "pictures": pictures,
    }


def _apart(middles, names, spread):
    # Names move down until they hide no other one. A letter takes about .013 of the picture's
    # width, a line .032.
    free = []
    order = np.argsort([-y for _, y in middles], kind="stable")
    for row in order:
        x, y = middles[row]
        for other, (fx, fy) in sorted(free, key=lambda item: -item[1][1]):
            wide = 0.0065 * spread * (len(names[row]) + len(names[other]))
            if abs(x - fx) < wide and abs(y - fy) < 0.032 * spread:
                y = fy - 0.032 * spread
        free.append((row, (x, y)))
    return [place for _, place in sorted(free, key=lambda item: item[0])]


def _middle(places: np.ndarray) -> np.ndarray:
    return np.median(places, axis=0)


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode("ascii")
