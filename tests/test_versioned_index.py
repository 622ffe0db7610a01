"""Stamps, refusals, and the change from one model to another."""

import numpy as np
import pytest

from helpers.versioned_index import BlueGreen, Release, Stamp, VersionedIndex, VersionMismatch

OLD = Stamp("small", "1", 4)
TURN = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))[0]


def encode(texts):
    rows = np.array([[len(text), text.count("a"), text.count("b"), 1] for text in texts], float)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def encode_anew(texts):
    return encode(texts) @ TURN


def filled():
    index = VersionedIndex(OLD)
    index.add(["x", "y"], encode(["aaa", "bbbb"]), OLD)
    return index


@pytest.mark.parametrize(
    "other",
    [
        OLD._replace(model="large"),
        OLD._replace(version="2"),
        OLD._replace(unit=False),
        OLD._replace(recipe="query: "),
    ],
)
def test_any_other_stamp_is_refused_and_nothing_changes(other):
    index = filled()
    vectors = encode(["ab"])
    with pytest.raises(VersionMismatch, match="this index holds") as refusal:
        index.add(["z"], vectors, other)
    assert "\n" not in str(refusal.value) and len(index) == 2
    with pytest.raises(VersionMismatch, match="searched for"):
        index.search(vectors, other)


def test_vectors_must_keep_what_the_stamp_promises():
    index = filled()
    for vectors, message in (
        (np.ones((1, 3)), r"\(n, 4\)"),
        (np.ones((1, 4)), "normalise"),
        (np.array([[np.nan, 0, 0, 1]]), "NaN"),
    ):
        with pytest.raises(ValueError, match=message):
            index.add(["z"], vectors, OLD)
    with pytest.raises(ValueError, match="2 ids for 1"):
        index.add(["z", "w"], encode(["a"]), OLD)
    with pytest.raises(ValueError, match="k must be"):
        index.search(encode(["a"]), OLD, k=0)
    assert len(index) == 2


def test_search_replaces_and_removes():
    index = filled()
    assert index.search(encode(["aaa", "bbbb"]), OLD, k=1) == [["x"], ["y"]]
    index.add(["x"], encode(["bbbb"]), OLD)
    assert index.search(encode(["bbbb"]), OLD, k=5) == [["x", "y"]]
    index.remove(["x", "unknown"])
    assert index.search(encode(["aaa"]), OLD) == [["y"]]
    assert VersionedIndex(OLD).search(encode(["a"]), OLD) == [[]]


def test_a_change_of_model_loses_nothing():
    texts = {number: "a" * number + "b" * (9 - number) for number in range(1, 9)}
    service = BlueGreen(Release.of(OLD, encode))
    service.write(texts)
    before = service.search(list(texts.values()), k=3)
    with pytest.raises(ValueError, match="call prepare"):
        service.switch()
    with pytest.raises(ValueError, match="call prepare"):
        service.backfill(texts)
    service.prepare(Release.of(OLD._replace(version="2"), encode_anew))
    service.write({1: "bbbbbbbbbbbb", 9: "abab"})  # changed and new while the old ones are copied
    service.delete([2])
    with pytest.raises(ValueError, match="lacks 6 documents"):
        service.switch()
    assert service.backfill(texts) == 6 and service.backfill(texts) == 0
    old = service.live
    after = [service.search(["bbbbbbbbbbbb", "abab"] + list(texts.values())[2:], k=2)]
    service.switch()
    after.append(service.search(["bbbbbbbbbbbb", "abab"] + list(texts.values())[2:], k=2))
    assert after[0] == after[1] and after[1][0][0] == 1 and after[1][1][0] == 9
    assert 2 not in service.live.index and service.other is old
    service.switch()
    assert service.live is old and before[0][0] == 1


def test_a_deleted_document_may_be_written_again():
    service = BlueGreen(Release.of(OLD, encode))
    service.write({1: "a"})
    service.delete([1])
    service.write({1: "b"})
    service.prepare(Release.of(OLD._replace(version="2"), encode_anew))
    assert service.backfill({1: "b"}) == 1
