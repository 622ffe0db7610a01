"""A smaller encoder that imitates a larger one, and weights stored in 8 bits.

References
----------
Hinton, Vinyals & Dean (2015), "Distilling the Knowledge in a Neural Network". Sanh et al. (2019),
"DistilBERT": the student starts from some of the teacher's layers. Reimers & Gurevych (2020),
"Making Monolingual Sentence Embeddings Multilingual using Knowledge Distillation": the student's
sentence vectors are pulled to the teacher's.
"""

import copy
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.models import Bert, TextEncoder, TorchBackend, mean_pool, torch_threads
from helpers.models.tokens import encode_texts, pad
from helpers.progress import Progress

__all__ = ["Int8Embedding", "Int8Linear", "distil", "int8_copy", "megabytes", "student_of"]


def student_of(teacher: TextEncoder, layers: Sequence[int]) -> TextEncoder:
    """Make an encoder of some of the teacher's layers, with copies of its weights.

    Parameters
    ----------
    teacher : TextEncoder
        With a PyTorch model.
    layers : sequence of int
        Which layers, 0 the first; in this order.

    Returns
    -------
    TextEncoder
        The same tokenizer and pooling, the embeddings copied too.

    Raises
    ------
    ValueError
        If there is no such layer, or none at all.
    """
    model = teacher.backend.model
    if not layers or not all(0 <= layer < len(model.layers) for layer in layers):
        raise ValueError(f"layers must be numbers from 0 to {len(model.layers) - 1}: {layers}.")
    small = Bert(
        replace(
            model.config,
            num_hidden_layers=len(layers),
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
    )
    small.embeddings.load_state_dict(model.embeddings.state_dict())
    for mine, theirs in zip(small.layers, layers, strict=True):
        mine.load_state_dict(model.layers[theirs].state_dict())
    backend = TorchBackend(small.eval(), teacher.backend.threads, teacher.backend.batch_size)
    name = f"{teacher.name}, {len(layers)} layers"
    return TextEncoder(name, teacher.tokenizer, backend, teacher.pooling)


def distil(
    student: TextEncoder,
    texts: Sequence[str],
    targets,
    *,
    epochs: int = 1,
    batch_size: int = 32,
    lr: float = 1e-4,
    seed: int = 1,
    threads: int = 1,
    label: str = "Distilling",
) -> np.ndarray:
    """Train the layers of a student, in place, so that its vectors point where the teacher's do.

    The loss is 1 - cosine, which is half the squared distance of the two unit vectors. The table
    of words stays the teacher's. Batches hold texts of similar length; Adam, its rate rising over
    the first tenth and then falling to 0.

    Parameters
    ----------
    student : TextEncoder
        With a PyTorch model and mean pooling.
    texts : sequence of str
        Any texts; no labels are needed.
    targets : array_like (n, d)
        The teacher's vectors of the texts, of length 1.
    epochs, batch_size, lr, seed, threads, label
        The usual settings of a training; one thread is exactly repeatable.

    Returns
    -------
    ndarray (batches,), float64
        The loss of each batch.

    Raises
    ------
    ValueError
        If there is not one target of the student's width for each text, or nothing to do.
    """
    targets = torch.from_numpy(np.asarray(targets, dtype=np.float32))
    if not len(texts) or epochs < 1 or targets.shape != (len(texts), student.dimension):
        raise ValueError(
            f"targets must be ({len(texts)}, {student.dimension}), one row a text, with at least "
            f"one text and one epoch: {tuple(targets.shape)}, {epochs} epochs."
        )
    encodings = encode_texts(student.tokenizer, texts)
    order = np.argsort([len(encoding) for encoding in encodings], kind="stable")
    batches = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
    model, generator = student.backend.model, np.random.default_rng(seed)
    optimiser = torch.optim.Adam(model.layers.parameters(), lr=lr, fused=True)
    steps = epochs * len(batches)
    warm, losses = max(1, steps // 10), []
    model.embeddings.requires_grad_(False)
    model.train()
    with torch_threads(threads), Progress(steps, "batches", label) as progress:
        for _ in range(epochs):
            for place in generator.permutation(len(batches)):
                step, rows = len(losses), batches[place]
                rate = lr * min((step + 1) / warm, (steps - step) / (steps - warm + 1))
                optimiser.param_groups[0]["lr"] = rate
                batch = [torch.from_numpy(a) for a in pad([encodings[row] for row in rows])]
                pooled = mean_pool(model(*batch).last_hidden_state, batch[1])
                loss = 1 - F.cosine_similarity(pooled, targets[rows]).mean()
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                losses.append(loss.item())
                progress.update(1, loss=losses[-1])
    model.eval()
    return np.array(losses)


def _rows_to_int8(values: Tensor) -> tuple[Tensor, Tensor]:
    """Scale each row (last axis) so that its largest entry is 127, and round."""
    scale = values.abs().amax(-1, keepdim=True).clamp_min(1e-12) / 127
    return (values / scale).round().to(torch.int8), scale


class Int8Linear(nn.Module):
    """A linear layer with 8-bit weights, one scale for each output, and 8-bit inputs.

    Inputs are rounded as they come, with one scale a token: dynamic quantisation. The integers are
    multiplied as floats, which gives what integer arithmetic would give (to float32's rounding),
    not its speed.

    Parameters
    ----------
    linear : Linear
        The layer to replace.
    """

    def __init__(self, linear: nn.Linear):
        super().__init__()
        weight, scale = _rows_to_int8(linear.weight.detach())
        self.register_buffer("weight", weight)
        self.register_buffer("scale", scale[:, 0])
        self.register_buffer("bias", linear.bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., d_in) to (..., d_out)."""
        x, scale = _rows_to_int8(x)
        product = F.linear(x.float(), self.weight.float())
        return product * scale * self.scale + self.bias


class Int8Embedding(nn.Module):
    """A table of vectors in 8 bits, one scale a row.

    Parameters
    ----------
    table : Embedding
        The table to replace.
    """

    def __init__(self, table: nn.Embedding):
        super().__init__()
        weight, scale = _rows_to_int8(table.weight.detach())
        self.register_buffer("weight", weight)
        self.register_buffer("scale", scale)

    def forward(self, rows: Tensor) -> Tensor:
        """Look up rows, as floats."""
        return self.weight[rows].float() * self.scale[rows]


def int8_copy(encoder: TextEncoder, *, embeddings: bool = True) -> TextEncoder:
    """Copy an encoder with its weights in 8 bits.

    Parameters
    ----------
    encoder : TextEncoder
        With a PyTorch model.
    embeddings : bool
        Whether the tables of words and positions are rounded too; common tools leave them.

    Returns
    -------
    TextEncoder
    """
    model = copy.deepcopy(encoder.backend.model).eval()
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear):
                setattr(module, name, Int8Linear(child))
            elif embeddings and isinstance(child, nn.Embedding):
                setattr(module, name, Int8Embedding(child))
    backend = TorchBackend(model, encoder.backend.threads, encoder.backend.batch_size)
    return TextEncoder(f"{encoder.name}, INT8", encoder.tokenizer, backend, encoder.pooling)


def megabytes(encoder: TextEncoder) -> float:
    """Return the size of all stored weights, in MB of 10^6 bytes."""
    stored = encoder.backend.model.state_dict().values()
    return sum(tensor.numel() * tensor.element_size() for tensor in stored) / 1e6
