"""Vectors that were computed once are read from the cache."""

import numpy as np
import pytest

from helpers import encoded as module
from helpers.data import DataError
from helpers.encoded import encoded

TEXTS = ["a cat sat", "a kitten was sitting", "the tax office"]


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """An empty cache, and an encoder that counts what it is asked for."""
    calls = []

    class Encoder:
        def encode(self, texts, progress):
            calls.append(texts)
            return np.eye(len(texts), 384, dtype=np.float32)

    monkeypatch.setenv("EMBEDDINGS_COURSE_CACHE", str(tmp_path))
    monkeypatch.setattr(module, "load_minilm", lambda max_length: Encoder())
    return tmp_path, calls


def test_encoded_once(fake):
    _, calls = fake
    for _ in range(2):
        assert np.array_equal(encoded("three", TEXTS), np.eye(3, 384))
    assert calls == [TEXTS]
    encoded("three", TEXTS[:2])
    encoded("three", TEXTS, max_length=32)
    assert len(calls) == 3


def test_a_damaged_file_is_named(fake):
    folder, _ = fake
    encoded("three", TEXTS)
    (path,) = (folder / "encoded").iterdir()
    np.save(path, np.zeros((2, 384), np.float32))
    with pytest.raises(DataError, match="damaged: delete it and try again"):
        encoded("three", TEXTS)
    path.write_bytes(b"nothing")
    with pytest.raises(DataError, match="damaged .*delete it and try again"):
        encoded("three", TEXTS)


@pytest.mark.parametrize(
    ("name", "texts", "words"),
    [("../x", TEXTS, "letters"), ("x", [], "one string"), ("x", "a", "list"), ("x", [1], "list")],
)
def test_bad_input(fake, name, texts, words):
    with pytest.raises(ValueError, match=words):
        encoded(name, texts)


def test_the_same_as_the_encoder():
    from helpers.models import load_minilm

    found = encoded("test-of-three", TEXTS)
    for path in (module.cache.cache_dir() / "encoded").glob("test-of-three-*"):
        path.unlink()
    assert np.array_equal(found, load_minilm(max_length=64).encode(TEXTS))
