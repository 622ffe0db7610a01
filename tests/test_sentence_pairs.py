"""The own-written sentence pairs and triplets: form, balance, and that the traps are traps."""

import dataclasses
import json
import math
import re
from collections import Counter

import pytest
from scipy.stats import spearmanr

from helpers.data.errors import DataError
from helpers.data.sentence_pairs import (
    PAIR_KINDS,
    TRIPLET_TRAPS,
    sentence_pairs,
    sentence_triplets,
)

PAIRS, TRIPLETS = sentence_pairs(), sentence_triplets()
PAIR_SENTENCES = [text for pair in PAIRS for text in (pair.sentence1, pair.sentence2)]
TRIPLET_SENTENCES = [
    text for triplet in TRIPLETS for text in (triplet.anchor, triplet.positive, triplet.negative)
]


def bag_of_words_cosine(text1, text2):
    """Cosine of raw counts of lower-case words."""
    counts1, counts2 = (Counter(re.findall(r"[a-z0-9']+", t.lower())) for t in (text1, text2))
    dot = sum(counts1[word] * counts2[word] for word in counts1)
    norms = (math.sqrt(sum(n * n for n in counts.values())) for counts in (counts1, counts2))
    return dot / math.prod(norms)


def test_sizes_and_splits():
    assert len(PAIRS) == 300 and len(TRIPLETS) == 500
    assert Counter(pair.split for pair in PAIRS) == {"train": 180, "dev": 60, "test": 60}
    assert Counter(triplet.split for triplet in TRIPLETS) == {"train": 400, "test": 100}
    for split, size in (("train", 180), ("dev", 60), ("test", 60), (None, 300)):
        assert len(sentence_pairs(split)) == size
    for split, size in (("train", 400), ("test", 100), (None, 500)):
        assert len(sentence_triplets(split)) == size


def test_ids_are_unique_and_meaningful():
    ids = [item.id for item in (*PAIRS, *TRIPLETS)]
    assert len(set(ids)) == len(ids)
    for pair in PAIRS:
        assert re.fullmatch(rf"pair-{pair.kind.replace('_', '-')}-\d\d", pair.id)
    for triplet in TRIPLETS:
        assert re.fullmatch(rf"triplet-{triplet.topic}-\d\d", triplet.id)


def test_kinds_and_traps():
    assert {pair.kind for pair in PAIRS} == set(PAIR_KINDS)
    assert {triplet.trap for triplet in TRIPLETS} == set(TRIPLET_TRAPS)


def test_scores_are_spread_over_the_scale():
    counts = Counter(pair.score for pair in PAIRS)
    assert sorted(counts) == [step / 2 for step in range(11)]
    assert all(20 <= count <= 35 for count in counts.values())


def test_pair_splits_are_balanced_by_kind():
    for kind in PAIR_KINDS:
        splits = Counter(pair.split for pair in PAIRS if pair.kind == kind)
        assert splits["train"] == 3 * splits["dev"] == 3 * splits["test"] > 0


def test_triplet_splits_are_balanced_by_trap_and_topic():
    for trap in TRIPLET_TRAPS:
        splits = Counter(triplet.split for triplet in TRIPLETS if triplet.trap == trap)
        assert 0.15 <= splits["test"] / splits.total() <= 0.25
    topics = Counter(triplet.topic for triplet in TRIPLETS)
    assert len(topics) >= 20 and min(topics.values()) >= 15
    assert {triplet.topic for triplet in sentence_triplets("test")} == set(topics)


def test_no_sentence_twice():
    normal = [text.lower().rstrip(".?!") for text in TRIPLET_SENTENCES]
    assert len(set(normal)) == len(normal)
    assert not set(TRIPLET_SENTENCES) & set(PAIR_SENTENCES)
    assert all(pair.sentence1 != pair.sentence2 for pair in PAIRS)
    both_ways = [frozenset((pair.sentence1, pair.sentence2)) for pair in PAIRS]
    assert len(set(both_ways)) == len(both_ways)


def test_no_sentence_of_a_pair_is_in_two_splits():
    splits = {}
    for pair in PAIRS:
        for text in (pair.sentence1, pair.sentence2):
            assert splits.setdefault(text, pair.split) == pair.split


def is_clean(text):
    return (
        text.isascii()
        and text.isprintable()
        and text == " ".join(text.split())
        and text[0].isupper()
        and text[-1] in ".?!"
        # A word twice in a row is nearly always a slip.
        and not re.search(r"\b(\w+) \1\b", text.lower())
    )


def test_sentences_are_clean():
    assert [text for text in PAIR_SENTENCES + TRIPLET_SENTENCES if not is_clean(text)] == []


def test_lengths():
    assert all(5 <= len(text.split()) <= 25 for text in TRIPLET_SENTENCES)
    assert all(3 <= len(text.split()) <= 25 for text in PAIR_SENTENCES)


def test_words_alone_prefer_the_hard_negative_mostly_but_not_always():
    for split in ("train", "test"):
        triplets = sentence_triplets(split)
        wrong = sum(
            bag_of_words_cosine(triplet.anchor, triplet.negative)
            > bag_of_words_cosine(triplet.anchor, triplet.positive)
            for triplet in triplets
        )
        # The controls keep "fewest shared words" from being a perfect rule either.
        assert 0.8 < wrong / len(triplets) < 0.9


def test_words_alone_say_little_about_the_scores():
    cosines = [bag_of_words_cosine(pair.sentence1, pair.sentence2) for pair in PAIRS]
    assert spearmanr(cosines, [pair.score for pair in PAIRS]).statistic < 0.5


def test_rows_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        PAIRS[0].score = 0.0


@pytest.mark.parametrize("read", [sentence_pairs, sentence_triplets])
def test_unknown_split(read):
    with pytest.raises(ValueError, match=r"split must be one of 'train', .*; not 'valid'\.$"):
        read("valid")


def test_triplets_have_no_dev_part():
    with pytest.raises(ValueError, match="split must be one of 'train', 'test', or None"):
        sentence_triplets("dev")


PAIR = {
    "id": "pair-name-01",
    "kind": "name",
    "score": 3.0,
    "split": "dev",
    "sentence1": "Anna came.",
    "sentence2": "Julia came.",
}


@pytest.mark.parametrize("read", [sentence_pairs, sentence_triplets])
def test_missing_file(tmp_path, read):
    with pytest.raises(DataError, match=r"Cannot read .*\.jsonl of the .*\(No such file.*\): it"):
        read(folder=tmp_path)


def test_own_folder(tmp_path):
    (tmp_path / "pairs.jsonl").write_text(json.dumps(PAIR) + "\n")
    assert [dataclasses.asdict(pair) for pair in sentence_pairs(folder=tmp_path)] == [PAIR]
    assert sentence_pairs("dev", tmp_path) and not sentence_pairs("test", folder=str(tmp_path))


def test_not_utf8(tmp_path):
    (tmp_path / "pairs.jsonl").write_bytes(b"\xff")
    with pytest.raises(DataError, match="it is not UTF-8"):
        sentence_pairs(folder=tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "write an object with the keys id, kind, score"),
        ('{"id": "pair-name-01"}', "write an object with the keys id, kind, score"),
        (json.dumps(PAIR | {"kind": "other"}), "kind must be one of paraphrase, "),
        (json.dumps(PAIR | {"score": 3.2}), "score must be one of 0.0, 0.5, .* not 3.2"),
        (json.dumps(PAIR | {"score": True}), "score must be one of .* not True"),
        (json.dumps(PAIR | {"split": ["dev"]}), "split must be one of train, dev, test, not"),
        (json.dumps(PAIR | {"sentence1": ""}), "sentence1 must be a text that is not empty"),
        (json.dumps(PAIR | {"id": 1}), "id must be a text that is not empty, not 1"),
        (json.dumps(PAIR), "the id 'pair-name-01' occurs twice"),
    ],
)
def test_damaged_line(tmp_path, line, message):
    (tmp_path / "pairs.jsonl").write_text(f"{json.dumps(PAIR)}\n{line}\n")
    with pytest.raises(DataError, match=rf"^pairs\.jsonl, line 2: .*{message}") as caught:
        sentence_pairs(folder=tmp_path)
    assert "\n" not in str(caught.value)
