"""Pictures and captions in one space: two encoders trained by the pairs alone.

The picture goes through three convolutions, the caption through the mean of its word vectors and
two layers; both end as vectors of the same width. A small CLIP, or with the other loss a small
SigLIP.

References
----------
Radford et al. (2021), "Learning Transferable Visual Models From Natural Language Supervision".
Zhai et al. (2023), "Sigmoid Loss for Language Image Pre-Training".
"""

import math
import re
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers import data
from helpers.augmentations import affine
from helpers.contrastive import clip_loss, siglip_loss
from helpers.image_training import Run, fit
from helpers.seeding import seeded_weights
from helpers.vision import SmallEncoder, embed, pixels

__all__ = ["CaptionEncoder", "picture_vectors", "text_vectors", "train_captioned"]

_WORD = re.compile(r"[a-z]+|[0-9]+")
_LARGEST_SCALE = 100.0  # CLIP's limit for 1 / tau


class CaptionEncoder(nn.Module):
    """The mean of a caption's word vectors, then two layers.

    Parameters
    ----------
    captions : sequence of str
        Their words, and those of `extra`, get a vector each; other words are left out.
    dim : int
        Width of the result.
    hidden : int
        Width of the layer between.
    extra : sequence of str
        Further texts that will be encoded, such as captions that are not trained on. Their words
        start as pretrained GloVe vectors too, and stay there unless a caption has them.
    """

    def __init__(
        self, captions: Sequence[str], dim: int = 64, hidden: int = 128, extra: Sequence[str] = ()
    ):
        super().__init__()
        words, vectors = data.pretrained_glove()
        row = {word: number for number, word in enumerate(words)}
        found = {word for text in (*captions, *extra) for word in _WORD.findall(text.lower())}
        known = sorted(found & row.keys())
        self.numbers = {word: number for number, word in enumerate(known, start=1)}
        table = np.vstack([np.zeros((1, vectors.shape[1])), vectors[[row[w] for w in known]]])
        self.words = nn.EmbeddingBag.from_pretrained(
            torch.from_numpy(table.astype(np.float32)), freeze=False, mode="mean", padding_idx=0
        )
        self.layers = nn.Sequential(
            nn.Linear(vectors.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, dim)
        )

    def ids(self, texts: Sequence[str]) -> Tensor:
        """Turn texts into rows of word numbers, padded with 0: (n, words)."""
        rows = [
            [self.numbers[w] for w in _WORD.findall(text.lower()) if w in self.numbers]
            for text in texts
        ]
        ids = torch.zeros(len(rows), max(map(len, rows), default=0) or 1, dtype=torch.long)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.tensor(row, dtype=torch.long)
        return ids

    def forward(self, ids: Tensor) -> Tensor:
        """Encode rows of word numbers as (n, dim)."""
        return self.layers(self.words(ids))


class _Scale(nn.Module):
    """Temperature and bias, learned; 1 / tau by its logarithm, so that it stays positive."""

    def __init__(self, temperature: float, bias: float):
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(-math.log(temperature)))
        self.bias = nn.Parameter(torch.tensor(bias))

    def temperature(self) -> Tensor:
        return 1 / self.log_scale.exp().clamp(max=_LARGEST_SCALE)


def train_captioned(
    images,
    captions: Sequence[str],
    *,
    loss: str = "clip",
    temperature: float | None = None,
    learn_temperature: bool = True,
    extra: Sequence[str] = (),
    dim: int = 64,
    width: int = 16,
    views: bool = True,
    seed: int = 1,
    epochs: float = 30,
    batch_size: int = 128,
    lr: float = 6e-3,
    label: str | None = "Training",
    **settings,
) -> Run:
    """Train an image encoder and a caption encoder so that what belongs together comes close.

    Parameters
    ----------
    images : array_like (n, h, h, 3), uint8
        On a white background.
    captions : sequence of str
        One for each image.
    loss : {"clip", "siglip"}
        Softmax over the batch in both directions, or a yes or no for every pair.
    temperature : float, optional
        Where it starts; by default 1/14 for CLIP and 1/10 for SigLIP, as in the papers.
    learn_temperature : bool
        Whether the temperature is trained too (and SigLIP's bias, which starts at -10).
    extra : sequence of str
        As for :class:`CaptionEncoder`.
    dim : int
        Width of the common space.
    width : int
        Of the image encoder's first convolution.
    views : bool
        Whether each picture is shifted, zoomed and turned a little at every look.
    seed : int
    epochs, batch_size, lr, label, **settings
        As for :func:`helpers.image_training.fit`.

    Returns
    -------
    Run
        `encoder` for images, `head` the :class:`CaptionEncoder`; `extras` has `temperature` and
        `bias` as they ended. :func:`picture_vectors` and :func:`text_vectors` use it.

    Raises
    ------
    ValueError
        If the numbers of images and captions differ, or the loss is unknown.
    """
    if len(images) != len(captions):
        raise ValueError(f"{len(images)} images need as many captions, not {len(captions)}.")
    if loss not in ("clip", "siglip"):
        raise ValueError(f'loss must be "clip" or "siglip", not {loss!r}.')
    with seeded_weights(seed):
        encoder = SmallEncoder(dim, 3, np.shape(images)[1], width)
        texts = CaptionEncoder(captions, dim, extra=extra)
    scale = _Scale(temperature or (1 / 14 if loss == "clip" else 0.1), -10.0)
    scale.requires_grad_(learn_temperature)
    ids = texts.ids(captions)

    def loss_of(batch, rows, generator):
        # Ink on black: what a shift brings in is then background.
        batch = _shaken(1 - batch, generator) if views else 1 - batch
        a, b = encoder(batch), texts(ids[rows])
        if loss == "clip":
            return clip_loss(a, b, scale.temperature()), (a, b)
        return siglip_loss(a, b, scale.temperature(), scale.bias), (a, b)

    run = Run(encoder, texts, {})
    network = nn.ModuleList([encoder, texts, scale])
    fit(
        run, images, loss_of, network, seed, epochs=epochs, batch_size=batch_size, lr=lr,
        label=label, **settings,
    )  # fmt: skip
    run.extras = {"temperature": scale.temperature().item(), "bias": scale.bias.item()}
    return run


def _shaken(batch: Tensor, generator: torch.Generator) -> Tensor:
    n = len(batch)

    def drawn(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, generator=generator)

    return affine(batch, drawn(-10, 10), drawn(0.85, 1.15), drawn(-0.1, 0.1), drawn(-0.1, 0.1))


def picture_vectors(run: Run, images) -> np.ndarray:
    """Encode pictures as unit vectors, (n, dim)."""
    return F.normalize(torch.from_numpy(embed(run.encoder, 1 - pixels(images))), dim=1).numpy()


def text_vectors(run: Run, texts: Sequence[str]) -> np.ndarray:
    """Encode texts as unit vectors, (n, dim); a text without a known word gets one too."""
    with torch.no_grad():
        return F.normalize(run.head(run.head.ids(texts)), dim=1).numpy()
