"""Checks of lesson 01, part D: subwords."""

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["CHECKS"]


def _hash(data: bytes) -> int:
    """FNV-1a of 32 bits, each byte widened with its sign as fastText's C++ does it."""
    value = 2166136261
    for byte in data:
        value ^= byte if byte < 128 else byte + 2**32 - 2**8
        value = value * 16777619 % 2**32
    return value


def _grams(text, min_n, max_n):
    """All substrings of the right lengths, by trying every pair of ends."""
    return [
        text[i:j]
        for i in range(len(text))
        for j in range(i + 1, len(text) + 1)
        if min_n <= j - i <= max_n
    ]


def _mean_of(grams, bucket_vectors):
    total = [0.0] * len(bucket_vectors[0])
    for gram in grams:
        row = bucket_vectors[_hash(gram) % len(bucket_vectors)]
        total = [t + float(x) for t, x in zip(total, row, strict=True)]
    return np.array([t / len(grams) if grams else 0.0 for t in total])


def _oov_oracle(word, bucket_vectors, min_n=3, max_n=6):
    """Add up rows one n-gram at a time and divide by their number."""
    grams = [g.encode() for g in _grams(f"<{word}>", min_n, max_n)]
    return _mean_of(grams, bucket_vectors)


def _variant(
    marks="<>", unique=False, summed=False, stop=1, only_shortest=False, whole=True, extra=0
):
    """Make a composition with one thing changed."""

    def oov_vector(word, bucket_vectors, min_n=3, max_n=6):
        text = word.join(marks) if marks else word
        grams = _grams(text, min_n, min_n if only_shortest else max_n - 1 + stop)
        if not whole:
            grams = [gram for gram in grams if gram != text]
        if unique:
            grams = sorted(set(grams))
        mean = _mean_of([g.encode() for g in grams], bucket_vectors)
        if extra:
            return mean * len(grams) / (len(grams) + extra)
        return mean * len(grams) if summed else mean

    return oov_vector


def _no_modulo(word, bucket_vectors, min_n=3, max_n=6):
    rows = [_hash(g.encode()) for g in _grams(f"<{word}>", min_n, max_n)]
    return np.asarray(bucket_vectors)[rows].mean(axis=0)


def _unguarded(word, bucket_vectors, min_n=3, max_n=6):
    rows = [_hash(g.encode()) % len(bucket_vectors) for g in _grams(f"<{word}>", min_n, max_n)]
    return np.asarray(bucket_vectors)[np.array(rows, dtype=int)].mean(axis=0)


def _byte_grams(word, bucket_vectors, min_n=3, max_n=6):
    return _mean_of(_grams(f"<{word}>".encode(), min_n, max_n), bucket_vectors)


def _case(rng, name, word, buckets=50, dim=3, dtype=np.float64, **lengths):
    vectors = rng.normal(size=(buckets, dim)).astype(dtype)
    given = "".join(f", {key}={value}" for key, value in lengths.items())
    return Case(
        name,
        (word, vectors),
        lengths,
        show=f"oov_vector({word!r}, vectors of {buckets} buckets x {dim}{given})",
    )


def _oov_cases(rng, hard):
    cases = [
        _case(rng, "one n-gram", "a", min_n=3, max_n=3),
        _case(rng, "trigrams only", "cat", min_n=3, max_n=3),
        _case(rng, "3 to 6, the usual lengths", "cat"),
        _case(rng, "an n-gram that comes twice", "aaaa", min_n=3, max_n=3),
        _case(rng, "a word too short to have an n-gram", "a", min_n=4, max_n=6),
        _case(rng, "a longer word", "unbelievable", buckets=500, dim=4),
        _case(rng, "letters outside ASCII", "café", min_n=3, max_n=4),
    ]
    letters = list("abcdefghijklmnopqrstuvwxyz")
    for _ in range(2):
        word = "".join(rng.choice(letters, size=rng.integers(5, 12)))
        cases.append(_case(rng, "a random word", word, buckets=200))
    if hard:
        cases += [
            _case(rng, "one bucket for all", "word", buckets=1, dim=2),
            _case(rng, "one dimension", "word", dim=1),
            _case(rng, "the empty word", "", min_n=3, max_n=6),
            _case(rng, "two letters at least", "of", min_n=2, max_n=3),
            _case(rng, "float32", "mississippi", dtype=np.float32),
            _case(rng, "another alphabet", "слово", min_n=3, max_n=5),
            _case(rng, "many buckets", "hyperparameter", buckets=2_000, dim=8, min_n=4, max_n=5),
        ]
        cases.append(_case(rng, "few buckets, float32", "cat", buckets=7, dim=2, dtype=np.float32))
    return cases


OOV = Check(
    id="X-oov",
    title="A vector for a word nobody has seen",
    level=2,
    minutes=15,
    points=3,
    function="oov_vector",
    make_cases=_oov_cases,
    oracle=_oov_oracle,
    compare=close(rtol=1e-4, atol=1e-6),
    misconceptions=(
        Misconception(
            "marks left out",
            _variant(marks=""),
            "You cut the bare word. fastText first writes < before it and > behind it, so that "
            "the start `<un` of a word is another n-gram than `un` inside one.",
        ),
        *(
            Misconception(
                f"typographic marks {marks}",
                _variant(marks=marks),
                f"You mark the word with the typographic brackets {marks[0]} and {marks[1]}. They "
                "are other characters and have other hashes: type < and > from the keyboard.",
            )
            for marks in ("⟨⟩", "‹›")
        ),
        Misconception(
            "sum instead of mean",
            _variant(summed=True),
            "The direction is right, but this is the sum of the n-grams' vectors. Divide by their "
            "number, or long words get long vectors.",
        ),
        Misconception(
            "divided by one too many",
            _variant(extra=1),
            "You divide by the number of n-grams plus 1. That is right for a known word, which "
            "has a row of its own; here only the n-grams are averaged.",
        ),
        Misconception(
            "longest n-grams missing",
            _variant(stop=0),
            "The n-grams of length max_n are missing: `range(min_n, max_n)` stops one short of it.",
        ),
        Misconception(
            "only the shortest n-grams",
            _variant(only_shortest=True),
            "You used n-grams of length min_n only. All lengths from min_n to max_n count.",
        ),
        Misconception(
            "repeated n-grams dropped",
            _variant(unique=True),
            "An n-gram that comes twice in the word counts twice: keep a list, not a set.",
        ),
        Misconception(
            "whole word dropped",
            _variant(whole=False),
            "You left out the n-gram that is the whole marked word. Where it is short enough, "
            "`<cat>` itself is one of the n-grams.",
        ),
        Misconception(
            "no n-grams gives NaN",
            _unguarded,
            "All is right but a word that is too short to have an n-gram: the mean of nothing is "
            "NaN. Return zeros, of the length of a row, there.",
        ),
        Misconception(
            "hash without modulo",
            _no_modulo,
            "A hash is any number up to 2^32 - 1. Take it modulo the number of buckets "
            "(`len(bucket_vectors)`) to get a row.",
        ),
        Misconception(
            "n-grams of bytes",
            _byte_grams,
            "You cut the UTF-8 bytes. Cut the string, so that é is one character, and leave the "
            "bytes to the hash.",
        ),
    ),
)

CHECKS = (OOV,)
