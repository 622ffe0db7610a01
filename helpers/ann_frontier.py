"""Stored figures of approximate search on 400,000 word vectors: recall, latency, memory.

Made by ``python -m benchmarks.bench_ann``, which says how they were measured.
"""

from pathlib import Path
from typing import NamedTuple

from helpers.stored import read_stored

__all__ = ["STORED", "Point", "cheapest", "load_frontier"]

STORED = Path(__file__).parent.parent / "data" / "ann_frontier.json"


class Point(NamedTuple):
    """One index with one setting.

    Attributes
    ----------
    engine, setting : str
    recall : float
        Share of the ten exact neighbours found, mean over questions.
    p50_ms, p99_ms : float
        Latency percentiles over questions, milliseconds.
    faster : float
        How many times faster than exact search in the same run (median against median).
    distances : float
        Distances (or codes) compared for a question, mean.
    bytes : float
        Of the index for one vector, with what rescoring needs.
    build_s : float
        CPU seconds to build.
    """

    engine: str
    setting: str
    recall: float
    p50_ms: float
    p99_ms: float
    faster: float
    distances: float
    bytes: float
    build_s: float


def load_frontier(path: Path = STORED) -> list[Point]:
    """Read the stored figures.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    list of Point

    Raises
    ------
    ValueError
        If the file is missing, damaged or of another format.
    """
    again = "run `python -m benchmarks.bench_ann` to make it again"
    rows = read_stored(path, 1, {"machine", "versions", "settings", "rows"}, again)["rows"]
    if not rows or any(set(row) != set(Point._fields) for row in rows):
        raise ValueError(f"{path.name} has other fields than expected: {again}.")
    return [Point(**row) for row in rows]


def cheapest(points: list[Point], recall: float, cost: str = "p50_ms") -> list[Point]:
    """Return for each engine its cheapest setting that reaches a recall, cheapest engine first.

    Parameters
    ----------
    points : list of Point
    recall : float
        The least recall.
    cost : str
        A field of :class:`Point`.

    Returns
    -------
    list of Point
        Engines that do not reach it are left out.
    """
    best: dict[str, Point] = {}
    for point in points:
        if point.recall >= recall:
            now = best.get(point.engine)
            if now is None or getattr(point, cost) < getattr(now, cost):
                best[point.engine] = point
    return sorted(best.values(), key=lambda point: getattr(point, cost))
