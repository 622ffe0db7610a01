"""Watching a training, projecting its snapshots, and training side by side; and their figures."""

from functools import partial

import numpy as np
import pytest

from helpers.dynamics import (
    column,
    norm_frequency,
    principal_axes,
    project_frames,
    side_by_side,
    watch,
)
from helpers.plots.animation import moving_words
from helpers.plots.word_map import word_map
from helpers.vocabulary import Vocabulary
from helpers.word2vec import train_cbow, train_skipgram
from helpers.word_groups import WORD_GROUPS, known_groups

SENTENCES = [["a", "b", "c", "d"], ["a", "c", "b"], ["d", "e", "f", "d"]] * 20
VOCABULARY = Vocabulary.build(SENTENCES, min_count=1)
CORPUS = VOCABULARY.encode(SENTENCES)
PAIRS = [("a", "b", 9.0), ("a", "f", 1.0), ("e", "f", 8.0)]
SMALL = {"dim": 8, "epochs": 2, "sample": 0}


def test_norm_frequency():
    counts = np.array([1000, 100, 10])
    assert norm_frequency(np.log(counts)[:, None] * np.ones((3, 4)), counts) == pytest.approx(1)
    assert np.isnan(norm_frequency(np.ones((3, 4)), counts))


def test_watch_adds_to_the_history():
    questions = [("letters", "a", "b", "c", "d")]
    model = train_skipgram(
        CORPUS,
        VOCABULARY,
        progress=False,
        **SMALL,
        callback=watch(pairs=PAIRS, questions=questions),
    )
    assert set(model.history[-1]) >= {"pairs", "questions", "v_norm", "u_norm", "loss"}
    assert column(model, "pairs").shape == (3,)
    assert np.isnan(column(model, "u_norm")[0]) and np.isfinite(column(model, "u_norm")[1:]).all()
    with pytest.raises(ValueError, match="no 'quality'"):
        column(model, "quality")
    with pytest.raises(ValueError, match="3 .*or of 5"):
        watch(pairs=[("a", "b")])


def test_side_by_side_equals_one_by_one():
    jobs = [partial(train_skipgram, CORPUS, VOCABULARY, seed=s, **SMALL) for s in (1, 2)]
    jobs.append(partial(train_cbow, CORPUS, VOCABULARY, callback=watch(pairs=PAIRS), **SMALL))
    together = side_by_side(jobs)
    for job, model in zip(jobs, together, strict=True):
        assert (job(progress=False).vectors == model.vectors).all()
    assert "pairs" in together[2].history[0]


def test_side_by_side_passes_errors_on():
    jobs = [
        partial(train_skipgram, CORPUS, VOCABULARY, dim=0),
        partial(train_skipgram, CORPUS, VOCABULARY, **SMALL),
    ]
    with pytest.raises(ValueError, match="dim must be"):
        side_by_side(jobs)
    with pytest.raises(ValueError, match="workers"):
        side_by_side(jobs, workers=0)
    assert side_by_side([]) == []


def test_principal_axes_keep_their_sign():
    points = np.random.default_rng(1).normal(size=(30, 5)) * [5, 3, 1, 1, 1] + 2
    mean, axes, shares = principal_axes(points, 3)
    assert np.allclose(mean, points.mean(axis=0)) and np.allclose(axes @ axes.T, np.eye(3))
    assert (axes[np.arange(3), np.abs(axes).argmax(axis=1)] > 0).all()
    scores = (points - mean) @ axes.T
    assert np.allclose(scores.var(axis=0), shares * points.var(axis=0).sum())
    with pytest.raises(ValueError, match="between 1 and 5"):
        principal_axes(points, 6)


def test_frames_share_one_basis():
    frames = np.random.default_rng(2).normal(size=(3, 10, 6))
    projected = project_frames({"vectors": frames})
    mean, axes, _ = principal_axes(frames[-1], 2)
    assert np.allclose(projected[0], (frames[0] - mean) @ axes.T)
    lengths = np.array([1.0, 2.0, 4.0])[:, None, None]
    same = project_frames({"vectors": frames[:1] * lengths}, unit=True)
    assert np.allclose(same[0], same[2])


def test_known_groups():
    words, names = known_groups({"gold", "knee", "horse"})
    assert dict(zip(words, names, strict=True)) == {
        "horse": "animals",
        "knee": "body",
        "gold": "materials",
    }
    listed = [word for group in WORD_GROUPS.values() for word in group]
    assert len(listed) == len(set(listed)), "a word stands in two groups"
    with pytest.raises(ValueError, match="none of the words"):
        known_groups({"xyzzy"})


@pytest.mark.parametrize("dims", [2, 3])
def test_word_map(dims):
    points = np.random.default_rng(3).normal(size=(4, dims))
    fig, static = word_map(points, "abcd", ["x", "x", "y", "y"], counts=[9, 8, 7, 6], named=["c"])
    assert [trace.name for trace in fig.data] == ["x", "y"]
    assert list(fig.data[1].text) == ["c", "d"] and list(fig.data[1].customdata) == [7, 6]
    assert np.allclose(fig.data[1].x, points[2:, 0], atol=1e-3)
    assert static.axes[0].get_xlabel() == "component 1"


def test_word_map_refuses_what_it_cannot_show():
    with pytest.raises(ValueError, match=r"\(n, 2\) or \(n, 3\)"):
        word_map(np.zeros((2, 4)), "ab", "xy")
    with pytest.raises(ValueError, match="same length"):
        word_map(np.zeros((2, 2)), "abc", "xyz")
    with pytest.raises(ValueError, match="6 groups apart, not 7"):
        word_map(np.zeros((7, 2)), "abcdefg", "abcdefg")


def test_moving_words():
    frames = np.random.default_rng(4).normal(size=(5, 4, 2))
    labels = [f"{20 * t}%" for t in range(5)]
    fig, static = moving_words(frames, "abcd", ["x", "y", "x", "y"], labels, named=["a"])
    assert len(fig.frames) == 5 and [step.label for step in fig.layout.sliders[0].steps] == labels
    assert np.allclose(fig.frames[2].data[0].x, frames[2][[0, 2], 0], atol=1e-3)
    low, high = fig.layout.xaxis.range
    assert low < frames[..., 0].min() and frames[..., 0].max() < high
    assert len(static.axes) == 4
    with pytest.raises(ValueError, match="label for each frame"):
        moving_words(frames, "abcd", "xyxy", labels[:3])
    with pytest.raises(ValueError, match=r"\(frames, words, 2\)"):
        moving_words(frames[0], "abcd", "xyxy", labels)
