"""Do vectors of a word tell its senses apart? One vector for each occurrence, compared by cosine.

References
----------
Wiedemann, Remus, Chawla & Biemann (2019), "Does BERT Make Any Sense? Interpretable Word Sense
Disambiguation with Contextualized Embeddings" (nearest neighbours among contextual vectors).
Arora, Liang & Ma (2017), "A Simple but Tough-to-Beat Baseline for Sentence Embeddings" (the weights
a / (a + p) of the static baseline).
"""

import copy
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch

from helpers.data import SenseSentence, tokenize
from helpers.models import TextEncoder, TorchBackend
from helpers.models.tokens import encode_texts

__all__ = [
    "WordSenses",
    "by_word",
    "context_means",
    "interval_over_words",
    "occurrence_vectors",
    "other_words",
    "random_layers",
    "sense_accuracy",
    "threshold_accuracy",
]

_TIE = 1e-6


class WordSenses(NamedTuple):
    """How one word's occurrences lie.

    Attributes
    ----------
    accuracy : float
        Share of occurrences whose nearest other occurrence has the same sense.
    same, other : float
        Mean cosine of two occurrences of the same sense, and of different senses.
    """

    accuracy: float
    same: float
    other: float


def _unit(vectors) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=float)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def sense_accuracy(vectors, senses: Sequence[str]) -> float:
    """Leave-one-out accuracy of the nearest neighbour by cosine.

    Parameters
    ----------
    vectors : array_like (n, d)
        Occurrences of one word.
    senses : sequence (n,)
        Their senses.

    Returns
    -------
    float
        Where several neighbours are equally near (to 1e-6), the share of them with the right sense
        counts.
    """
    unit, senses = _unit(vectors), np.asarray(senses)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = cosines >= cosines.max(axis=1, keepdims=True) - _TIE
    right = nearest & (senses[:, None] == senses)
    return float((right.sum(axis=1) / nearest.sum(axis=1)).mean())


def by_word(vectors, sentences: Sequence[SenseSentence]) -> dict[str, WordSenses]:
    """Measure each word by itself.

    Parameters
    ----------
    vectors : array_like (n, d)
        One a sentence.
    sentences : sequence of SenseSentence (n,)
        What they are vectors of.

    Returns
    -------
    dict of str to WordSenses
    """
    vectors, found = np.asarray(vectors), {}
    for word in dict.fromkeys(row.word for row in sentences):
        rows = [i for i, row in enumerate(sentences) if row.word == word]
        senses = np.array([sentences[i].sense for i in rows])
        unit = _unit(vectors[rows])
        same, pairs = senses[:, None] == senses, ~np.eye(len(rows), dtype=bool)
        cosines = unit @ unit.T
        found[word] = WordSenses(
            sense_accuracy(unit, senses),
            float(cosines[same & pairs].mean()),
            float(cosines[~same].mean()),
        )
    return found


def other_words(vectors, sentences: Sequence[SenseSentence]) -> float:
    """Return the mean cosine of occurrences of two different words, (n, d) vectors."""
    words, unit = np.array([row.word for row in sentences]), _unit(vectors)
    return float((unit @ unit.T)[words[:, None] != words].mean())


def threshold_accuracy(vectors, sentences: Sequence[SenseSentence]) -> float:
    """Tell same from other senses by one threshold on the cosine, the same for all words.

    Parameters
    ----------
    vectors : array_like (n, d)
        One a sentence.
    sentences : sequence of SenseSentence (n,)
        What they are vectors of. Pairs of occurrences of one word are judged.

    Returns
    -------
    float
        Balanced accuracy, the mean of the two senses' shares, of the best threshold.
    """
    words, unit = np.array([row.word for row in sentences]), _unit(vectors)
    senses = np.array([row.sense for row in sentences])
    left, right = np.triu_indices(len(words), 1)
    pair = words[left] == words[right]
    same = (senses[left] == senses[right])[pair]
    cosines = (unit @ unit.T)[left, right][pair]
    ranked = same[np.argsort(-cosines, kind="stable")]
    hits, false = np.cumsum(ranked) / ranked.sum(), np.cumsum(~ranked) / (~ranked).sum()
    return float(((hits + 1 - false) / 2).max())


def interval_over_words(values, n_draws: int = 5000, seed: int = 1) -> tuple[float, float]:
    """Return a 95% bootstrap interval of a mean, drawing whole words with replacement."""
    values = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(seed).integers(len(values), size=(n_draws, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def occurrence_vectors(encoder: TextEncoder, sentences: Sequence[SenseSentence]) -> np.ndarray:
    """Return the word's state in every layer, (layers + 1, n, d), in one pass over the sentences.

    A word of several tokens gets the mean of their states.
    """
    encodings = encode_texts(encoder.tokenizer, [row.sentence for row in sentences])
    layers = list(range(encoder.n_layers + 1))
    found = np.zeros((len(layers), len(sentences), encoder.dimension), np.float32)

    def keep(rows, batch, states):
        for place, row in enumerate(rows):
            start = sentences[row].sentence.lower().index(sentences[row].word)
            end = start + len(sentences[row].word)
            offsets = encodings[row].offsets
            tokens = [i for i, (a, b) in enumerate(offsets) if a < end and b > start]
            for layer in layers:
                found[layer, row] = states[layer][place, tokens].mean(axis=0)

    encoder.each_batch(encodings, layers, keep)
    return found


def random_layers(encoder: TextEncoder, size: float, seed: int = 1) -> TextEncoder:
    """Copy an encoder; keep its embeddings and draw the weights of all layers anew.

    Parameters
    ----------
    encoder : TextEncoder
        One whose model is a torch model; it is not changed.
    size : float
        Standard deviation of the weights; biases are 0 and layer norms change nothing.
    seed : int
        Of the draws.
    """
    model, generator = copy.deepcopy(encoder.backend.model), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for part in model.layers.modules():
            if isinstance(part, torch.nn.Linear):
                part.weight.normal_(0, size, generator=generator)
                part.bias.zero_()
            if isinstance(part, torch.nn.LayerNorm):
                part.weight.fill_(1)
                part.bias.zero_()
    return TextEncoder(encoder.name, encoder.tokenizer, TorchBackend(model), "mean")


def context_means(
    sentences: Sequence[SenseSentence],
    vectors: Mapping[str, np.ndarray],
    weights: Mapping[str, float] | None = None,
) -> np.ndarray:
    """Return the mean of the static vectors of the words *around* the ambiguous one, (n, d).

    Parameters
    ----------
    sentences : sequence of SenseSentence (n,)
        The word itself is left out.
    vectors : mapping of str to ndarray (d,)
        Words without a vector are left out.
    weights : mapping of str to float, optional
        Weight of each word's vector, such as a / (a + p) with the word's frequency p; 1 for words
        that it does not hold.
    """
    rows = []
    for row in sentences:
        around = [w for w in tokenize(row.sentence) if w != row.word and w in vectors]
        factors = [1.0 if weights is None else weights.get(word, 1.0) for word in around]
        rows.append(np.mean([f * vectors[w] for f, w in zip(factors, around, strict=True)], axis=0))
    return np.array(rows)
