"""The explorable map: stored layouts, names of clusters, and the page that is shown."""

import base64
import html
import json
import re

import numpy as np
import pytest

from helpers import explorable_map
from helpers.explorable_map import (
    frequent_words,
    load_explorable_map,
    name_by_centre,
    name_by_texts,
    two_draws,
)
from helpers.plots.explorable import Sheet, map_html, map_picture


def sheet(n=12, **changes):
    rng = np.random.default_rng(0)
    parts = {
        "places": {"one": rng.normal(size=(n, 2)), "two": rng.normal(size=(n, 2))},
        "texts": [f"word {i}" for i in range(n)],
        "clusters": np.arange(n) % 3,
        "names": ["first", "second", "third"],
        "neighbours": np.stack([np.roll(np.arange(n), -1), np.roll(np.arange(n), 1)], axis=1),
    }
    return Sheet(**parts | changes)


def content(page):
    inner = html.unescape(re.search(r'srcdoc="([^"]*)"', page).group(1))
    return json.loads(re.search(r"const content = (.*);\n", inner).group(1)), inner


def test_stored_layouts_fit_the_collections():
    stored = load_explorable_map()
    rows = {"words": 3_000, "digits": 1_797, "shuffled": 1_797, "posts": 6_000}
    for name, layout in stored.layouts.items():
        kind, method = name.split()[0], name.split()[-1]
        assert layout.shape == (rows.get(kind, 2 * (1_797 // 3)), int(method[-1])), name
        assert np.isfinite(layout).all()
    assert {name: len(found) for name, found in stored.clusters.items()} == {
        "words": 3_000, "posts": 6_000, "posts HDBSCAN": 6_000
    }  # fmt: skip
    assert explorable_map.STORED.stat().st_size < 1_500_000


def test_a_missing_file_says_how_to_make_it(tmp_path):
    with pytest.raises(ValueError, match="benchmarks.explorable_map"):
        load_explorable_map(tmp_path / "none.json")


def test_frequent_words_are_words_of_length_one():
    words = frequent_words(500)
    assert len(set(words.words)) == 500 and all(w.isalpha() and len(w) > 2 for w in words.words)
    assert np.allclose(np.linalg.norm(words.vectors, axis=1), 1)
    assert frequent_words(100).words == words.words[:100]
    with pytest.raises(ValueError, match="count must be"):
        frequent_words(0)


def test_two_draws_share_the_first_half():
    first, second = two_draws(100)
    assert len(first) == len(second) == 66
    assert (first[:33] == second[:33]).all()
    assert not set(first[33:]) & set(second[33:])
    assert len(set(first)) == 66


def test_clusters_are_named_by_their_middle_and_by_telling_words():
    vectors = np.array([[0.0], [1], [2], [10], [11], [12]])
    words = ["a", "b", "c", "x", "y", "z"]
    assert name_by_centre(words, vectors, [0, 0, 0, 1, 1, 1], count=1) == ["b", "y"]
    texts = ["from the goal keeper", "from the goal line", "from moon base", "from moon dust"]
    assert name_by_texts(texts, [0, 0, 1, 1], count=1) == ["goal", "moon"]


@pytest.mark.parametrize("clusters", [[0, 1], [0, 2, 2], [-1, 0, 1]])
def test_clusters_that_do_not_fit_are_refused(clusters):
    with pytest.raises(ValueError, match="clusters"):
        name_by_texts(["one", "two", "three"], clusters)
    with pytest.raises(ValueError, match="clusters"):
        name_by_centre(["one", "two", "three"], np.eye(3), clusters)


def test_page_holds_the_map_and_no_network():
    hostile = ["</script><b>", 'a "quote" & more', "two\nlines"] + ["x"] * 9
    groups = ["g1", "g2"] * 6
    page = map_html({"things": sheet(texts=hostile, groups=groups)}, 'A map & "more".', "x")
    found, inner = content(page)
    (things,) = found["sheets"]
    assert things["texts"].split("\n") == [*hostile[:2], "two lines"] + ["x"] * 9
    assert inner.count("</script>") == 1
    assert not re.search(r"https?:|fetch\(|XMLHttp|<script src|import", inner)
    assert things["kinds"] == ["g1", "g2"] and found["search"] == "x"
    near = np.frombuffer(base64.b64decode(things["near"]), dtype="<u2").reshape(12, 2)
    assert (near == sheet().neighbours).all()
    assert [picture["name"] for picture in things["pictures"]] == ["one", "two"]


def test_places_keep_their_shape():
    given = sheet()
    (things,) = content(map_html({"things": given}, "A map."))[0]["sheets"]
    xy = np.frombuffer(base64.b64decode(things["pictures"][0]["xy"]), dtype="<i2").reshape(-1, 2)
    places = given.places["one"]
    size = (places.max(axis=0) - places.min(axis=0)).max()
    difference = np.diff(xy, axis=0) / 10_000 * size
    assert np.allclose(difference, np.diff(places, axis=0), atol=2e-4 * size)


@pytest.mark.parametrize(
    "changes",
    [
        {"clusters": np.zeros(11, int)},
        {"names": ["one", "two"]},
        {"neighbours": np.zeros((11, 2), int)},
        {"groups": ["one"]},
        {"places": {"one": np.zeros((11, 2))}},
        {"places": {"one": np.full((12, 2), np.nan)}},
    ],
)
def test_parts_that_do_not_fit_are_refused(changes):
    with pytest.raises(ValueError, match="things"):
        map_html({"things": sheet(**changes)}, "A map.")


def test_still_picture_writes_all_names():
    fig = map_picture({"things": sheet(), "others": sheet()})
    assert len(fig.axes) == 2
    assert {text.get_text() for text in fig.axes[0].texts} == {"first", "second", "third"}


def test_still_picture_leads_lines_from_the_word_searched_for():
    plain, marked = (map_picture({"things": sheet()}, word) for word in ("", "word 3"))
    assert len(marked.axes[0].lines) == len(plain.axes[0].lines) + 2 + 1
    assert "word 3" in {text.get_text() for text in marked.axes[0].texts}
