"""The stored figures of approximate search, and their picture."""

import json

import numpy as np
import pytest

from benchmarks.bench_ann import ask_all, exact, tables
from helpers.ann_frontier import Point, cheapest, load_frontier
from helpers.plots.ann import frontier


def test_stored_figures_are_whole():
    points = load_frontier()
    assert len({(p.engine, p.setting) for p in points}) == len(points) > 30
    assert all(0 < p.recall <= 1 and 0 < p.p50_ms <= p.p99_ms for p in points)
    (flat,) = [p for p in points if p.engine == "exact"]
    assert flat.recall == 1 and flat.faster == 1
    names = " ".join(p.engine for p in points)
    for family in ("HNSW", "usearch", "IVF,", "IVFPQ", "PQ,", "8-bit", "binary", "LSH"):
        assert family in names


def test_cheapest():
    fast, slow, poor = (
        Point(engine, "s", share, p50, p50, 1, 10, 8, 0)
        for engine, share, p50 in (("a", 0.95, 1), ("b", 0.99, 2), ("c", 0.5, 0.1))
    )
    assert cheapest([slow, poor, fast, fast._replace(p50_ms=3)], 0.9) == [fast, slow]
    assert cheapest([slow], 1.0) == []


def test_damaged_file(tmp_path):
    path = tmp_path / "f.json"
    path.write_text(
        json.dumps({"format": 1, "machine": "", "versions": {}, "settings": {}, "rows": [{"a": 1}]})
    )
    with pytest.raises(ValueError, match="run `python -m benchmarks.bench_ann`"):
        load_frontier(path)


def test_the_figure_has_a_line_for_each_engine():
    points = load_frontier()
    live, static = frontier(points)
    assert len(live.data) == len({p.engine for p in points})
    assert len(live.layout.updatemenus[0].buttons) == 4 and len(static.axes) == 2


def test_engines_answer_questions():
    rows = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    built = [exact(rows, rows[:5]), tables(rows, rows[:5], 3, 4)]
    found = ask_all(built, rows[:5], 2)
    assert [row[0] for row in found["exact", "all"][0]] == list(range(5))
    assert all(times.shape == (5,) and (times > 0).all() for _, times in found.values())
