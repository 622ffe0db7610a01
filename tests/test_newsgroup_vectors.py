import numpy as np
import pytest

from helpers import newsgroup_vectors as module


@pytest.fixture
def fake(monkeypatch):
    """Replace the encoder, which is tested elsewhere, by one that takes no time."""
    monkeypatch.setattr(
        module,
        "encoded",
        lambda name, texts: np.arange(len(texts) * 384, dtype=np.float32).reshape(-1, 384),
    )


def test_groups_are_balanced_and_drawn_alike_for_a_seed(fake):
    posts = module.newsgroup_vectors(per_group=5, seed=3)
    assert len(posts.texts) == len(set(posts.texts)) == len(posts.vectors) == 100
    assert len(posts.names) == 20 and list(posts.names) == sorted(posts.names)
    assert np.array_equal(np.bincount(posts.labels), np.full(20, 5))
    assert min(len(text.split()) for text in posts.texts) >= 20
    assert module.newsgroup_vectors(per_group=5, seed=3).texts == posts.texts
    assert module.newsgroup_vectors(per_group=5, seed=4).texts != posts.texts


def test_labels_stay_with_their_posts(fake):
    from helpers import data

    source = data.newsgroups()
    label_of = dict(zip(source.texts, source.labels, strict=True))
    posts = module.newsgroup_vectors(per_group=3)
    assert all(
        posts.names[label] == label_of[text]
        for text, label in zip(posts.texts, posts.labels, strict=True)
    )


@pytest.mark.parametrize("per_group", [0, 100_000])
def test_impossible_number_is_refused(fake, per_group):
    with pytest.raises(ValueError, match="per_group must be 1 to"):
        module.newsgroup_vectors(per_group=per_group)
