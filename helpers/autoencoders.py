"""Small autoencoders of flat vectors, to be compared with PCA at the same code size.

References
----------
Baldi & Hornik (1989), "Neural networks and principal component analysis: learning from examples
without local minima" (a linear autoencoder finds the subspace of PCA).
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from helpers.models import torch_threads

__all__ = ["Autoencoder", "train_autoencoder"]


class Autoencoder(NamedTuple):
    """A trained encoder and decoder.

    Attributes
    ----------
    mean : ndarray (d,)
        Of the training vectors; subtracted before, added after.
    encoder, decoder : nn.Module
    """

    mean: np.ndarray
    encoder: nn.Module
    decoder: nn.Module

    def encode(self, vectors) -> np.ndarray:
        """Return the codes (n, k) of vectors (n, d)."""
        with torch.no_grad():
            return self.encoder(_tensor(np.asarray(vectors) - self.mean)).numpy().astype(float)

    def rebuild(self, vectors) -> np.ndarray:
        """Encode and decode vectors (n, d)."""
        with torch.no_grad():
            return self.decoder(_tensor(self.encode(vectors))).numpy() + self.mean


def train_autoencoder(
    vectors, k: int, hidden: int | None = None, seed: int = 0, steps: int = 600, rate: float = 1e-2
) -> Autoencoder:
    """Train an autoencoder on the mean squared error, with Adam and a falling rate.

    Parameters
    ----------
    vectors : array_like (n, d)
    k : int
        Numbers in a code.
    hidden : int, optional
        Width of one GELU layer on each side; none gives a linear autoencoder, trained on all rows
        at once. With hidden layers, a step takes 128 rows drawn at random.
    seed : int
        Of weights and draws.
    steps : int
    rate : float
        Learning rate at the start.

    Returns
    -------
    Autoencoder
        Deterministic on one machine: one thread.

    Raises
    ------
    ValueError
        If `vectors` is no matrix, or `k` or `steps` is less than 1.
    """
    vectors = np.asarray(vectors, dtype=float)
    if vectors.ndim != 2 or k < 1 or steps < 1:
        raise ValueError("vectors must be a matrix (n, d), k and steps at least 1.")
    mean, d = vectors.mean(axis=0), vectors.shape[1]
    rows = _tensor(vectors - mean)
    generator = torch.Generator().manual_seed(seed)
    with torch_threads(1), torch.random.fork_rng():
        torch.manual_seed(seed)
        if hidden is None:
            encoder, decoder = nn.Linear(d, k, bias=False), nn.Linear(k, d, bias=False)
        else:
            encoder = nn.Sequential(nn.Linear(d, hidden), nn.GELU(), nn.Linear(hidden, k))
            decoder = nn.Sequential(nn.Linear(k, hidden), nn.GELU(), nn.Linear(hidden, d))
        adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=rate)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
        for _ in range(steps):
            batch = rows
            if hidden is not None:
                batch = rows[torch.randint(len(rows), (128,), generator=generator)]
            loss = (decoder(encoder(batch)) - batch).square().sum(dim=1).mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
            falling.step()
    return Autoencoder(mean, encoder, decoder)


def _tensor(rows) -> torch.Tensor:
    return torch.tensor(np.asarray(rows), dtype=torch.float32)
