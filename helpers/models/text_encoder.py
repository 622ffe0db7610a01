"""Texts in, vectors out: one front for every encoder of the course.

A :class:`TextEncoder` is a tokenizer, a :class:`Backend` that turns padded token numbers into
hidden states (PyTorch or ONNX), and a pooling. The steps can be taken one at a time: tokens,
states of any layer, attention weights, pooled vectors.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple, Protocol

import numpy as np
from tokenizers import Encoding, Tokenizer

from helpers.models.pooling import pooling_function
from helpers.models.tokens import Batch, batches_by_length, encode_texts, map_batches, pad
from helpers.progress import Progress

__all__ = ["Backend", "TextEncoder", "TokenStates"]


class Backend(Protocol):
    """What runs a model; see :class:`helpers.models.torch_models.TorchBackend`.

    Attributes
    ----------
    n_layers, dimension : int
        Layers, and width of the hidden states.
    batch_size : int
        Texts that are best run at once.
    """

    n_layers: int
    dimension: int
    batch_size: int

    def states(self, batch: Batch, layers: Sequence[int]) -> list[np.ndarray]:
        """Return the hidden states (b, L, d), float32, of some layers; 0 is the embeddings."""

    def attentions(self, batch: Batch) -> np.ndarray:
        """Return the attention weights of every layer, (layers, b, heads, L, L)."""

    def ready(self) -> AbstractContextManager:
        """Return a context in which `states` may be called from several threads."""


class TokenStates(NamedTuple):
    """The states of one text's L tokens.

    Attributes
    ----------
    text : str
        The text.
    tokens : list of str
        Its tokens, [CLS] first and [SEP] last; ``##`` marks the continuation of a word.
    offsets : list of (int, int)
        Where each token stands in the text; (0, 0) for [CLS] and [SEP].
    vectors : ndarray (L, d), float32
        A state for each token.
    """

    text: str
    tokens: list[str]
    offsets: list[tuple[int, int]]
    vectors: np.ndarray

    def word(self, word: str, occurrence: int = 0) -> np.ndarray:
        """Return the mean state of the tokens of a word in its context.

        Parameters
        ----------
        word : str
            As it stands in the text, in any case.
        occurrence : int
            Which one, counted from 0.

        Returns
        -------
        ndarray (d,), float32

        Raises
        ------
        ValueError
            If the text has no such word, or it was cut off.
        """
        start = -1
        for _ in range(occurrence + 1):
            start = self.text.lower().find(word.lower(), start + 1) if word else -1
            if start < 0:
                raise ValueError(
                    f"the text has no {word!r} number {occurrence}: {self.text[:60]!r}."
                )
        end = start + len(word)
        rows = [i for i, (a, b) in enumerate(self.offsets) if a < end and b > start]
        if not rows:
            raise ValueError(f"{word!r} is past the {len(self.tokens)} tokens that were read.")
        return self.vectors[rows].mean(0)


class TextEncoder:
    """A model that turns texts into vectors.

    Parameters
    ----------
    name : str
        What the model is called.
    tokenizer : tokenizers.Tokenizer
        With its length limit set.
    backend : Backend
        Runs the model.
    pooling : {"cls", "mean", "max", "last"}
        How the model was trained to make one vector out of token states.

    Examples
    --------
    >>> from helpers.models import load_minilm
    >>> encoder = load_minilm()
    >>> encoder.encode(["A cat sat.", "A kitten was sitting."]).shape
    (2, 384)
    """

    def __init__(self, name: str, tokenizer: Tokenizer, backend: Backend, pooling: str):
        pooling_function(pooling)
        self.name, self.tokenizer, self.backend, self.pooling = name, tokenizer, backend, pooling

    def __repr__(self) -> str:
        """Name, layers, width and pooling."""
        return f"<{self.name}: {self.n_layers} layers x {self.dimension}, {self.pooling} pooling>"

    @property
    def n_layers(self) -> int:
        """Layers; hidden states are numbered 0 (embeddings) to `n_layers`."""
        return self.backend.n_layers

    @property
    def dimension(self) -> int:
        """Width d of the hidden states and of the text vectors."""
        return self.backend.dimension

    def encode(
        self,
        texts: Sequence[str],
        *,
        pooling: str | None = None,
        layer: int = -1,
        normalize: bool = True,
        batch_size: int | None = None,
        progress: bool = False,
    ) -> np.ndarray:
        """Encode texts as one vector each.

        Parameters
        ----------
        texts : sequence of str
            In any order: texts of similar length are run together.
        pooling : {"cls", "mean", "max", "last"}, optional
            The model's own by default.
        layer : int
            Which hidden state is pooled: 0 the embeddings, -1 the last layer.
        normalize : bool
            Whether to divide each vector by its length, so that dot products are cosines.
        batch_size : int, optional
            Texts run at once; by default what suits the model.
        progress : bool
            Whether to show a progress line.

        Returns
        -------
        ndarray (n, d), float32

        Raises
        ------
        ValueError
            If an argument is none of these.
        """
        vectors = self._pooled(texts, [self._layer(layer)], pooling, batch_size, progress)[0]
        if normalize:
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors

    def encode_layers(
        self,
        texts: Sequence[str],
        *,
        pooling: str | None = None,
        batch_size: int | None = None,
        progress: bool = False,
    ) -> np.ndarray:
        """Encode texts from every layer in one pass; arguments as for :meth:`encode`.

        Returns
        -------
        ndarray (n_layers + 1, n, d), float32
            Not normalised; index 0 is pooled from the embeddings.
        """
        layers = list(range(self.n_layers + 1))
        return self._pooled(texts, layers, pooling, batch_size, progress)

    def token_states(
        self, texts: Sequence[str], *, layer: int = -1, batch_size: int | None = None
    ) -> list[TokenStates]:
        """Return the state of every token of each text; arguments as for :meth:`encode`.

        Returns
        -------
        list of TokenStates
            Not normalised.
        """
        texts = list(texts) if not isinstance(texts, str) else texts
        encodings = encode_texts(self.tokenizer, texts)
        layer = self._layer(layer)
        found = [None] * len(encodings)

        def keep(rows, batch, states):
            for row, vectors in zip(rows, states[0], strict=True):
                encoding = encodings[row]
                own = vectors[: len(encoding)].copy()
                found[row] = TokenStates(texts[row], encoding.tokens, encoding.offsets, own)

        self.each_batch(encodings, [layer], keep, batch_size)
        return found

    def attentions(self, text: str) -> np.ndarray:
        """Return who looks at whom in a text.

        Parameters
        ----------
        text : str
            One text.

        Returns
        -------
        ndarray (n_layers, heads, L, L), float32
            Row i of a head is how token i spreads its attention; rows sum to 1.
        """
        return self.backend.attentions(pad(encode_texts(self.tokenizer, [text])))[:, 0]

    def each_batch(
        self,
        encodings: Sequence[Encoding],
        layers: Sequence[int],
        keep: Callable[[np.ndarray, Batch, list[np.ndarray]], None],
        batch_size: int | None = None,
        progress: bool = False,
    ) -> None:
        """Run tokenised texts batch by batch, two batches at a time.

        Parameters
        ----------
        encodings : sequence of tokenizers.Encoding
            Of this encoder's tokenizer.
        layers : sequence of int
            Hidden states to read, from 0.
        keep : callable
            Gets the rows of `encodings` that the batch holds, the batch, and its states
            (b, L, d) of each layer; runs in the batch's thread, so it may write to those rows
            only.
        batch_size, progress
            As for :meth:`encode`.
        """

        def work(rows, batch):
            keep(rows, batch, self.backend.states(batch, layers))
            return len(rows)

        size = self.backend.batch_size if batch_size is None else batch_size
        line = Progress(len(encodings), "texts", f"Encoding with {self.name}")
        with self.backend.ready(), line if progress else nullcontext():
            for done in map_batches(work, batches_by_length(encodings, size)):
                if progress:
                    line.update(done)

    def _pooled(self, texts, layers, pooling, batch_size, progress) -> np.ndarray:
        pool = pooling_function(pooling or self.pooling)
        encodings = encode_texts(self.tokenizer, texts)
        pooled = np.zeros((len(layers), len(encodings), self.dimension), np.float32)

        def keep(rows, batch, states):
            for place, state in enumerate(states):
                pooled[place, rows] = pool(state, batch.attention_mask)

        self.each_batch(encodings, layers, keep, batch_size, progress)
        return pooled

    def _layer(self, layer: int) -> int:
        if not -self.n_layers - 1 <= layer <= self.n_layers:
            raise ValueError(f"layer must be 0 to {self.n_layers}, or -1 for the last: {layer}.")
        return layer % (self.n_layers + 1)
