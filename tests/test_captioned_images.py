"""Pictures and captions in one space."""

from functools import partial

import numpy as np
import pytest
import torch

from helpers import data
from helpers.caption_scores import (
    PROMPT_SETS,
    PROMPTS,
    caption_scores,
    caption_split,
    modality_gap,
    recall_at,
)
from helpers.captioned_images import (
    CaptionEncoder,
    picture_vectors,
    text_vectors,
    train_captioned,
)
from helpers.side_by_side import train_side_by_side


@pytest.fixture(scope="module")
def emoji():
    return data.emoji_images(16)


def test_recall_counts_ties_as_behind():
    same = np.ones((4, 2))
    assert recall_at(3, same, same).tolist() == [False] * 4
    assert recall_at(4, same, same).all()
    assert recall_at(1, np.eye(3), np.eye(3)).all()
    with pytest.raises(ValueError, match="alike"):
        recall_at(1, np.eye(3), np.eye(2))


def test_caption_encoder_is_a_mean_of_words():
    torch.manual_seed(1)
    encoder = CaptionEncoder(["red heart", "sad face"], dim=8)
    ids = encoder.ids(["Red heart!", "heart red", "zzzqqq", "heart"])
    with torch.no_grad():
        found = encoder(ids)
        means = encoder.words(ids)
    assert torch.allclose(found[0], found[1]) and not torch.allclose(found[0], found[3])
    assert means[2].abs().sum() == 0 and found.isfinite().all()
    words, vectors = data.pretrained_glove()
    assert np.allclose(means[3], vectors[words.index("heart")], atol=1e-6)


@pytest.mark.parametrize("loss", ["clip", "siglip"])
def test_training_learns_and_repeats(emoji, loss):
    train = caption_split(emoji)[0][:256]
    captions = [emoji.captions[i] for i in train]
    runs = [
        train_captioned(emoji.images[train], captions, loss=loss, epochs=12, batch_size=64,
                        label=None) for _ in range(2)
    ]  # fmt: skip
    a, b = picture_vectors(runs[0], emoji.images[train]), text_vectors(runs[0], captions)
    assert np.allclose(np.linalg.norm(a, axis=1), 1, atol=1e-5) and a.shape == b.shape
    losses = runs[0].history["loss"]
    assert losses[-1] < losses[0] - 0.2
    if loss == "clip":
        assert recall_at(10, a, b).mean() > 0.3
    assert np.array_equal(a, picture_vectors(runs[1], emoji.images[train]))
    assert runs[0].extras == runs[1].extras and modality_gap(a, a) == 0


def test_scores_are_shares(emoji):
    train, test = caption_split(emoji)
    assert len(test) == 300 and not set(train) & set(test)
    run = train_captioned(
        emoji.images[train[:64]], [emoji.captions[i] for i in train[:64]], epochs=1, batch_size=32,
        learn_temperature=False, label=None,
    )  # fmt: skip
    found = caption_scores(run, emoji, test)
    assert all(0 <= found[name] <= 1 for name in ("to_text", "to_picture", "flags", "zero_shot"))
    assert run.extras["temperature"] == pytest.approx(1 / 14)


def test_side_by_side_gives_the_same_as_in_turn(emoji):
    jobs = {
        seed: partial(train_captioned, emoji.images[:64], emoji.captions[:64], seed=seed, epochs=1,
                      batch_size=32) for seed in (1, 2, 3)
    }  # fmt: skip
    together = train_side_by_side(jobs)
    for seed, job in jobs.items():
        alone = job(label=None)
        assert np.array_equal(alone.history["loss"], together[seed].history["loss"])


def test_every_group_has_prompts():
    assert tuple(PROMPT_SETS) == PROMPTS


def test_what_makes_no_sense_is_refused(emoji):
    with pytest.raises(ValueError, match="as many captions"):
        train_captioned(emoji.images[:4], ["a"])
    with pytest.raises(ValueError, match="loss must be"):
        train_captioned(emoji.images[:1], ["a"], loss="hinge")
