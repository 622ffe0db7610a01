"""Pairs to train and test a small sentence encoder on, and a small encoder to start from.

Three kinds of pairs that mean the same, all from the course's texts: a definition and the word it
defines, a verse in two translations, and the anchor and positive of the course's triplets.
"""

import json
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from helpers import data
from helpers.models import Bert, BertConfig, TextEncoder, TorchBackend

__all__ = [
    "MINED_STEPS",
    "RATES",
    "RESULTS",
    "STEPS",
    "WIDTH",
    "PairSet",
    "definition_pairs",
    "load_results",
    "pair_tokenizer",
    "small_encoder",
    "training_sources",
    "triplet_rows",
    "verse_pairs",
    "word_tokenizer",
]

# What the lesson and the stored results have in common. The rates are the best of four for each
# loss, on 500 pairs of the training part.
WIDTH, STEPS, MINED_STEPS = 64, 200, 80
RATES = {"ranking": 0.012, "triplet": 0.001, "classifier": 0.012, "mined": 0.003}
RESULTS = Path(__file__).parent.parent / "data" / "sentence_training.json"

_MAX_WORDS = 20
_WORD = "[a-z]+|[0-9]+"
_FAMILIAR = 60_000  # A headword further down GloVe's list is hardly a word people look up.


@dataclass(frozen=True)
class PairSet:
    """Texts that belong together, split into a part to train on and a part to test on.

    Attributes
    ----------
    train, test : list of (str, str)
        Query and document. The documents of a test are each other's distractors.
    """

    train: list[tuple[str, str]]
    test: list[tuple[str, str]]


def _split(pairs: list[tuple[str, str]], n_test: int) -> PairSet:
    random.Random(1).shuffle(pairs)
    return PairSet(pairs[n_test:], pairs[:n_test])


@cache
def definition_pairs(n_test: int = 1000) -> PairSet:
    """Pair definitions with the words that they define.

    The first definition of 3 to 20 words of each headword that GloVe knows well; definitions that
    contain the first five letters of the headword are left out, since they give it away.

    Parameters
    ----------
    n_test : int
        Pairs kept for the test. No headword is in both parts.

    Returns
    -------
    PairSet
    """
    familiar = set(data.pretrained_glove()[0][:_FAMILIAR])
    first: dict[str, str] = {}
    for headword, text in data.dictionary():
        if (
            headword in familiar
            and headword.isalpha()
            and 3 <= len(text.split()) <= _MAX_WORDS
            and headword[:5] not in text.lower()
        ):
            first.setdefault(headword, text)
    return _split([(text, headword) for headword, text in first.items()], n_test)


@cache
def verse_pairs(n_test: int = 1000) -> PairSet:
    """Pair verses of Young's Literal Translation with the same verses of the World English Bible.

    Only verses of at most 20 words in both, so that a batch stays small. Some verses occur more
    than once in the Bible, word for word: they are left in, as they would be in any real text.

    Parameters
    ----------
    n_test : int
        Pairs kept for the test.

    Returns
    -------
    PairSet
    """
    literal, modern = data.bible("ylt"), data.bible("web")
    pairs = [
        (literal[verse], modern[verse])
        for verse in literal
        if all(4 <= len(text[verse].split()) <= _MAX_WORDS for text in (literal, modern))
    ]
    return _split(pairs, n_test)


def training_sources() -> dict[str, list[tuple[str, ...]]]:
    """Return what the small encoders are trained on: definitions, verses and triplets."""
    return {
        "definitions": definition_pairs().train,
        "verses": verse_pairs().train,
        "triplets": triplet_rows("train"),
    }


def triplet_rows(split: str) -> list[tuple[str, str, str]]:
    """Return anchor, positive and hard negative of the course's triplets, of one split."""
    return [(t.anchor, t.positive, t.negative) for t in data.sentence_triplets(split)]


def word_tokenizer(texts: Iterable[str], max_length: int = 32) -> Tokenizer:
    """Make a tokenizer with one token for each word of the texts that GloVe knows.

    Parameters
    ----------
    texts : iterable of str
        Where the words come from; no labels or pairs are used.
    max_length : int
        Texts are cut after so many tokens.

    Returns
    -------
    tokenizers.Tokenizer
        Number 0 is [PAD], 1 is [UNK] for all other words, then words by frequency in GloVe.
    """
    found = set()
    for text in texts:
        found.update(re.findall(_WORD, text.lower()))
    known = [word for word in data.pretrained_glove()[0] if word in found]
    table = {word: number for number, word in enumerate(["[PAD]", "[UNK]", *known])}
    tokenizer = Tokenizer(models.WordLevel(table, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_WORD), "removed", invert=True)
    tokenizer.enable_truncation(max_length)
    return tokenizer


@cache
def pair_tokenizer() -> Tokenizer:
    """Make the tokenizer of all words in the training and test texts that GloVe knows."""
    parts = [rows for pairs in (definition_pairs(), verse_pairs()) for rows in
             (pairs.train, pairs.test)]  # fmt: skip
    parts += [triplet_rows("train"), triplet_rows("test")]
    rated = (text for p in data.sentence_pairs() for text in (p.sentence1, p.sentence2))
    return word_tokenizer(chain((t for rows in parts for row in rows for t in row), rated))


def small_encoder(
    tokenizer: Tokenizer, *, width: int = WIDTH, layers: int = 1, seed: int = 1
) -> TextEncoder:
    """Make a small encoder whose words start as pretrained GloVe vectors.

    The 50 numbers of a GloVe vector are turned into a space of `width` dimensions by a random
    matrix with orthonormal rows, which keeps all cosines. The layers start small, so that the
    encoder begins as little more than the mean of its words.

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
        From :func:`word_tokenizer`.
    width : int
        Width d of the vectors, at least 50 and a multiple of 4.
    layers : int
        Layers of the transformer.
    seed : int
        Of the random weights.

    Returns
    -------
    TextEncoder
        With mean pooling and no dropout.

    Raises
    ------
    ValueError
        If `width` is too small or no multiple of 4.
    """
    if width < 50 or width % 4:
        raise ValueError(f"width must be a multiple of 4 that holds GloVe's 50 numbers: {width}.")
    words, vectors = data.pretrained_glove()
    row = {word: number for number, word in enumerate(words)}
    table = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])[2:]
    known = np.asarray(vectors[[row[word] for word, _ in table]])
    square = np.random.default_rng(seed).standard_normal((width, 50))
    known = known @ np.linalg.qr(square)[0].T.astype(np.float32)
    torch.manual_seed(seed)
    model = Bert(
        BertConfig(
            vocab_size=len(table) + 2,
            hidden_size=width,
            num_hidden_layers=layers,
            num_attention_heads=4,
            intermediate_size=2 * width,
            max_position_embeddings=tokenizer.truncation["max_length"],
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
    )
    with torch.no_grad():
        model.embeddings.word_embeddings.weight[2:] = torch.from_numpy(known)
        model.embeddings.word_embeddings.weight[:2] = 0.0
        model.embeddings.token_type_embeddings.weight.zero_()
    return TextEncoder(f"small, {layers} x {width}", tokenizer, TorchBackend(model, 1, 64), "mean")


def load_results(path: Path = RESULTS) -> dict:
    """Read what ``python -m benchmarks.train_sentence_encoders`` measured.

    Returns
    -------
    dict
        The content of ``data/sentence_training.json``.

    Raises
    ------
    ValueError
        If the file is missing or damaged.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
        if {"seeds", "references", "distillation"} <= set(found):
            return found
        reason = "parts are missing"
    except (OSError, UnicodeDecodeError, ValueError, TypeError) as error:
        reason = getattr(error, "strerror", None) or "it is not valid JSON"
    raise ValueError(
        f"cannot use {path.name} ({reason}): get it from the course's repository, or run "
        "`python -m benchmarks.train_sentence_encoders`."
    )
