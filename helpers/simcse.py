"""Training a sentence encoder from sentences alone: the two views of a sentence are itself.

The trainer is :func:`helpers.siamese.train_siamese`; what is new is where the pairs come from.

References
----------
Gao, Yao & Chen (2021), "SimCSE: Simple Contrastive Learning of Sentence Embeddings".
"""

import random
from dataclasses import asdict

import torch
from torch import nn

from helpers.contrastive import alignment, uniformity
from helpers.models import TextEncoder
from helpers.siamese import RankingLoss, train_siamese
from helpers.siamese_data import (
    WIDTH,
    definition_pairs,
    pair_tokenizer,
    small_encoder,
    training_sources,
    verse_pairs,
)
from helpers.siamese_scores import evaluate_encoder

__all__ = [
    "sentence_scores",
    "set_dropout",
    "single_sentences",
    "train_simcse",
]

STEPS, RATE, SCALE = 100, 0.001, 20.0


def single_sentences() -> dict[str, list[str]]:
    """Return the training texts of lesson 03's pairs as a heap of single sentences.

    Which definition belongs to which word, and which verse to which, is not in it.
    """
    found = {
        "definitions": [text for text, _ in definition_pairs().train],
        "verses": [text for pair in verse_pairs().train for text in pair],
    }
    for texts in found.values():
        random.Random(1).shuffle(texts)
    return found


def set_dropout(encoder: TextEncoder, p: float) -> None:
    """Set the share of numbers that every dropout layer of a trainable encoder sets to 0.

    Raises
    ------
    ValueError
        If `p` is not in [0, 1).
    """
    if not 0 <= p < 1:
        raise ValueError(f"the share that is dropped must be at least 0 and below 1, not {p}.")
    for module in encoder.backend.model.modules():
        if isinstance(module, nn.Dropout):
            module.p = p


def train_simcse(
    views: str = "dropout",
    p: float = 0.1,
    *,
    seed: int = 1,
    steps: int = STEPS,
    label: str | None = "Training",
):
    """Train the small encoder of lesson 03, which starts as a mean of GloVe vectors.

    Parameters
    ----------
    views : {"dropout", "pairs"}
        Where the two sides of a pair come from: the same sentence with two dropout masks, or
        (lesson 03, for comparison) a text and its partner.
    p : float
        Dropout while training.
    seed : int
        Sets PyTorch's global seed, because dropout draws from it.
    steps : int
        Batches of 64.
    label : str, optional
        What the progress line says; no line without it.

    Returns
    -------
    encoder : TextEncoder
    losses : ndarray (steps,)

    Raises
    ------
    ValueError
        If there are no such views.
    """
    if views == "pairs":
        sources = {name: training_sources()[name] for name in ("definitions", "verses")}
    elif views == "dropout":
        sources = {name: [(t, t) for t in texts] for name, texts in single_sentences().items()}
    else:
        raise ValueError(f'views must be "dropout" or "pairs", not {views!r}.')
    encoder = small_encoder(pair_tokenizer(), width=WIDTH, seed=seed)
    set_dropout(encoder, p)
    torch.manual_seed(seed)
    rate = 0.012 if views == "pairs" else RATE
    losses = train_siamese(
        encoder, sources, RankingLoss(SCALE), steps=steps, lr=rate, seed=seed, label=label
    )
    return encoder, losses


def sentence_scores(encode) -> dict[str, float]:
    """Run lesson 03's four tests, and measure alignment and uniformity on the test verses.

    Parameters
    ----------
    encode : callable
        ``encode(list of str) -> ndarray (n, d)`` with rows of length 1.

    Returns
    -------
    dict of str to float
        The fields of :class:`helpers.siamese_scores.Scores`, `alignment` of verses with their
        translations and `uniformity` of the verses.
    """
    old, new = (
        torch.from_numpy(encode([pair[side] for pair in verse_pairs().test])) for side in (0, 1)
    )
    measured = {"alignment": alignment(old, new).item(), "uniformity": uniformity(new).item()}
    return asdict(evaluate_encoder(encode)) | measured
