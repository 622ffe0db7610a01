"""BERT's encoder in plain PyTorch: embeddings, self-attention, feed-forward, layer norm.

One class for each box of the usual drawing, in the order in which a token passes them. The same
classes read the published weights of all-MiniLM-L6-v2 (:func:`helpers.models.load_minilm`) and are
small enough to be trained from scratch in a notebook. Post-norm, as in the paper: each sub-layer
adds its output to its input, then normalises.

References
----------
Devlin, Chang, Lee & Toutanova (2019), "BERT: Pre-training of Deep Bidirectional Transformers for
Language Understanding". Vaswani et al. (2017), "Attention Is All You Need".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["Bert", "BertConfig", "BertOutput", "rename_checkpoint"]


@dataclass(frozen=True)
class BertConfig:
    """The sizes of a BERT encoder; the names are those of published ``config.json`` files.

    Attributes
    ----------
    vocab_size : int
        Tokens in the vocabulary.
    hidden_size : int
        Width d of every hidden state; a multiple of `num_attention_heads`.
    num_hidden_layers : int
        Layers.
    num_attention_heads : int
        Heads of each layer, each d / heads wide.
    intermediate_size : int
        Width of the feed-forward layer, 4d in all published models.
    max_position_embeddings : int
        Longest input in tokens.
    type_vocab_size : int
        Segments: 2, the first text and the second.
    hidden_dropout_prob, attention_probs_dropout_prob : float
        Dropout while training.
    layer_norm_eps : float
        Added to the variance under the root.
    initializer_range : float
        Standard deviation of the initial weights.
    """

    vocab_size: int = 30522
    hidden_size: int = 384
    num_hidden_layers: int = 6
    num_attention_heads: int = 12
    intermediate_size: int = 1536
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    layer_norm_eps: float = 1e-12
    initializer_range: float = 0.02

    def __post_init__(self):
        """Reject sizes that do not fit together."""
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size ({self.hidden_size}) must be a multiple of num_attention_heads "
                f"({self.num_attention_heads})."
            )

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> "BertConfig":
        """Take what is needed from the content of a published ``config.json``.

        Raises
        ------
        ValueError
            If the activation is not GELU, or the positions are not absolute.
        """
        expected = {"hidden_act": "gelu", "position_embedding_type": "absolute"}
        for key, value in expected.items():
            if values.get(key, value) != value:
                raise ValueError(f"this encoder has {key} = {value!r}, not {values[key]!r}.")
        return cls(**{key: values[key] for key in cls.__dataclass_fields__ if key in values})


class BertOutput(NamedTuple):
    """What the encoder returns for a batch of b texts, padded to L tokens.

    Attributes
    ----------
    hidden_states : tuple of Tensor (b, L, d)
        Index 0 is the sum of the embeddings, index i the output of layer i: layers + 1 of them.
    attentions : tuple of Tensor (b, heads, L, L)
        For each layer, row i says how token i spreads its attention; rows sum to 1. Empty unless
        asked for.
    """

    hidden_states: tuple[Tensor, ...]
    attentions: tuple[Tensor, ...]

    @property
    def last_hidden_state(self) -> Tensor:
        """The output of the last layer, (b, L, d)."""
        return self.hidden_states[-1]


class Embeddings(nn.Module):
    """Token + position + segment, normalised: the input of the first layer."""

    def __init__(self, config: BertConfig):
        super().__init__()
        d = config.hidden_size
        self.word_embeddings = nn.Embedding(config.vocab_size, d)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, d)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, d)
        self.norm = nn.LayerNorm(d, config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        """Map ids (b, L) and segments (b, L) to vectors (b, L, d)."""
        positions = torch.arange(input_ids.shape[1], device=input_ids.device)
        total = (
            self.word_embeddings(input_ids)
            + self.position_embeddings(positions)
            + self.token_type_embeddings(token_type_ids)
        )
        return self.dropout(self.norm(total))


class SelfAttention(nn.Module):
    """Multi-head attention: each head compares d/heads features, the output mixes the heads."""

    def __init__(self, config: BertConfig):
        super().__init__()
        d = config.hidden_size
        self.n_heads = config.num_attention_heads
        self.query, self.key, self.value = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d)
        self.output = nn.Linear(d, d)
        self.dropout = nn.Dropout(config.attention_probs_dropout_prob)

    def forward(self, x: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
        """Let every position of `x` (b, L, d) look at the positions that it may see.

        Returns
        -------
        output : Tensor (b, L, d)
        weights : Tensor (b, heads, L, L)
        """
        q, k, v = (self._split(linear(x)) for linear in (self.query, self.key, self.value))
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        # The lowest finite number, not -inf: a row in which nothing is allowed stays finite.
        scores = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min)
        weights = scores.softmax(-1)
        heads = self.dropout(weights) @ v
        return self.output(heads.transpose(1, 2).flatten(2)), weights

    def _split(self, x: Tensor) -> Tensor:
        """Cut (b, L, d) into heads: (b, heads, L, d / heads)."""
        return x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)


class FeedForward(nn.Module):
    """The same two-layer network for every position: d to 4d, GELU, back to d."""

    def __init__(self, config: BertConfig):
        super().__init__()
        self.intermediate = nn.Linear(config.hidden_size, config.intermediate_size)
        self.output = nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, L, d) to (b, L, d)."""
        return self.output(F.gelu(self.intermediate(x)))


class EncoderLayer(nn.Module):
    """Attention, then feed-forward, each with a residual connection and a layer norm."""

    def __init__(self, config: BertConfig):
        super().__init__()
        self.attention = SelfAttention(config)
        self.attention_norm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.feed_forward = FeedForward(config)
        self.output_norm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, x: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
        """Return the layer's output (b, L, d) and its attention weights (b, heads, L, L)."""
        mixed, weights = self.attention(x, allowed)
        x = self.attention_norm(x + self.dropout(mixed))
        return self.output_norm(x + self.dropout(self.feed_forward(x))), weights


class Bert(nn.Module):
    """The encoder: embeddings, then the layers.

    Parameters
    ----------
    config : BertConfig
        The sizes. Weights start as normal with `initializer_range`, biases as 0.
    """

    def __init__(self, config: BertConfig):
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.num_hidden_layers))
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=config.initializer_range)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        *,
        return_attentions: bool = False,
    ) -> BertOutput:
        """Encode a batch.

        Parameters
        ----------
        input_ids : Tensor (b, L), int64
            Token numbers.
        attention_mask : Tensor (b, L) or (b, L, L), optional
            1 for tokens, 0 for padding; or for each token (row) what it may see (column), such as
            a lower triangle for a causal encoder. All ones by default.
        token_type_ids : Tensor (b, L), int64, optional
            Segment of each token; all 0 by default.
        return_attentions : bool
            Whether to keep the attention weights, layers x b x heads x L x L numbers.

        Returns
        -------
        BertOutput

        Raises
        ------
        ValueError
            If the batch is longer than the model has positions, or the shapes do not agree.
        """
        limit = self.config.max_position_embeddings
        if input_ids.ndim != 2 or input_ids.shape[1] > limit:
            raise ValueError(
                f"input_ids must be (texts, tokens) with at most {limit} tokens, not "
                f"{tuple(input_ids.shape)}: cut longer texts."
            )
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        if token_type_ids is None:
            token_type_ids = torch.zeros_like(input_ids)
        if attention_mask.shape[:2] != input_ids.shape or token_type_ids.shape != input_ids.shape:
            raise ValueError(
                f"the masks must have the shape of input_ids, {tuple(input_ids.shape)}: they are "
                f"{tuple(attention_mask.shape)} and {tuple(token_type_ids.shape)}."
            )
        allowed = attention_mask.bool()
        # One row for all queries, or one for each; and the same for all heads.
        allowed = allowed[:, None, None, :] if allowed.ndim == 2 else allowed[:, None]
        x = self.embeddings(input_ids, token_type_ids)
        hidden_states, attentions = [x], []
        for layer in self.layers:
            x, weights = layer(x, allowed)
            hidden_states.append(x)
            if return_attentions:
                attentions.append(weights)
        return BertOutput(tuple(hidden_states), tuple(attentions))


# Published names of weights, and ours; applied one after another.
_RENAMES = (
    ("LayerNorm.gamma", "LayerNorm.weight"),
    ("LayerNorm.beta", "LayerNorm.bias"),
    ("embeddings.LayerNorm", "embeddings.norm"),
    ("encoder.layer.", "layers."),
    ("attention.self.", "attention."),
    ("attention.output.LayerNorm", "attention_norm"),
    ("attention.output.dense", "attention.output"),
    ("intermediate.dense", "feed_forward.intermediate"),
    ("output.LayerNorm", "output_norm"),
    (".output.dense", ".feed_forward.output"),
)


def rename_checkpoint(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give published BERT weights the names that :class:`Bert` has.

    Parameters
    ----------
    weights : mapping of str to Tensor
        By the names of the original TensorFlow release or of the transformers library.

    Returns
    -------
    dict of str to Tensor
        Without the pooler, which only next-sentence prediction uses, and the stored positions.
    """
    renamed = {}
    for name, tensor in weights.items():
        if not name.startswith("pooler.") and not name.endswith("position_ids"):
            for published, ours in _RENAMES:
                name = name.replace(published, ours)
            renamed[name] = tensor
    return renamed
