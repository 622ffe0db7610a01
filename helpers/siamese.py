"""Training an encoder so that texts which belong together come close: siamese networks.

One encoder reads both texts of a pair (the two towers share all weights); a loss says what the
vectors should do. Three losses: triplet, in-batch ranking, and a classifier over the pair.

References
----------
Reimers & Gurevych (2019), "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks".
Henderson et al. (2017), "Efficient Natural Language Response Suggestion for Smart Reply" (ranking
against the other answers of the batch).
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.models import Bert, TextEncoder, mean_pool, torch_threads
from helpers.models.tokens import encode_texts
from helpers.progress import Progress

__all__ = [
    "ClassifierLoss",
    "RankingLoss",
    "TripletLoss",
    "train_siamese",
]


class RankingLoss(nn.Module):
    """Each query picks its document among those of the batch: cross-entropy over cosines.

    In sentence-transformers: ``MultipleNegativesRankingLoss``.

    Parameters
    ----------
    scale : float
        What cosines are multiplied with, 1 / tau; 20 as in sentence-transformers.
    """

    def __init__(self, scale: float = 20.0):
        super().__init__()
        self.scale = scale

    def forward(
        self, queries: Tensor, documents: Tensor, negatives: Tensor | None = None
    ) -> Tensor:
        """Compute the mean loss of a batch.

        Parameters
        ----------
        queries, documents : Tensor (b, d)
            Row i of one belongs to row i of the other; of any length.
        negatives : Tensor (m, d), optional
            Further documents that are wrong for every query.
        """
        candidates = documents if negatives is None else torch.cat([documents, negatives])
        scores = self.scale * F.normalize(queries, dim=1) @ F.normalize(candidates, dim=1).T
        return F.cross_entropy(scores, torch.arange(len(queries)))


class TripletLoss(nn.Module):
    """The document must beat one wrong document by a margin: max(0, margin - cos + cos').

    Without a negative of its own, a query gets the document of the next row of the batch.

    Parameters
    ----------
    margin : float
        In cosines.
    """

    def __init__(self, margin: float = 0.2):
        super().__init__()
        self.margin = margin

    def forward(
        self, queries: Tensor, documents: Tensor, negatives: Tensor | None = None
    ) -> Tensor:
        """Compute the mean loss of a batch; arguments as for :class:`RankingLoss`, m = b."""
        negatives = documents.roll(-1, 0) if negatives is None else negatives
        right = F.cosine_similarity(queries, documents)
        wrong = F.cosine_similarity(queries, negatives)
        return F.relu(self.margin - right + wrong).mean()


class ClassifierLoss(nn.Module):
    """A softmax over W [u; v; |u - v|] names the relation of the pair (classes as in NLI).

    Classes: 0 the same, 1 a lookalike that means something else, 2 unrelated (the next row's
    document). Only the encoder is kept after training; W is thrown away.

    Parameters
    ----------
    width : int
        Width d of the vectors.
    """

    def __init__(self, width: int):
        super().__init__()
        self.head = nn.Linear(3 * width, 3)

    def forward(
        self, queries: Tensor, documents: Tensor, negatives: Tensor | None = None
    ) -> Tensor:
        """Compute the mean loss of a batch; arguments as for :class:`TripletLoss`."""
        others = [documents, documents.roll(-1, 0)]
        classes = [0, 2]
        if negatives is not None:
            others.append(negatives)
            classes.append(1)
        pairs = torch.cat([torch.cat([queries, v, (queries - v).abs()], 1) for v in others])
        labels = torch.tensor(classes).repeat_interleave(len(queries))
        return F.cross_entropy(self.head(pairs), labels)


class _Texts:
    """Texts as padded token numbers, so that a batch is a matter of indexing."""

    def __init__(self, tokenizer, texts: Sequence[str]):
        found = [encoding.ids for encoding in encode_texts(tokenizer, texts)]
        lengths = np.array([len(ids) for ids in found])
        ids = np.zeros((len(found), lengths.max(initial=1)), dtype=np.int64)
        ids[np.arange(ids.shape[1]) < lengths[:, None]] = list(chain.from_iterable(found))
        # A text without a known token counts as one [PAD], so that its mean exists.
        self.ids, self.lengths = torch.from_numpy(ids), torch.from_numpy(lengths.clip(1))

    def vectors(self, model, rows: Tensor) -> Tensor:
        """Encode some rows with gradients, (b, d), not normalised."""
        lengths = self.lengths[rows]
        longest = int(lengths.max())
        mask = (torch.arange(longest) < lengths[:, None]).long()
        return mean_pool(model(self.ids[rows, :longest], mask).last_hidden_state, mask)


def train_siamese(
    encoder: TextEncoder,
    sources: Mapping[str, Sequence[tuple[str, ...]]],
    loss: nn.Module,
    *,
    steps: int = 200,
    batch_size: int = 64,
    lr: float = 3e-3,
    seed: int = 1,
    threads: int = 1,
    label: str | None = "Training",
) -> np.ndarray:
    """Train an encoder in place on pairs or triplets.

    Every batch comes from one source, the sources taking turns: negatives from another source
    would be told apart by their style. Adam; the rate rises over the first tenth of the steps and
    falls to 0.

    Parameters
    ----------
    encoder : TextEncoder
        With a PyTorch model and mean pooling; trained in place.
    sources : mapping of str to sequence of tuples
        (query, document) or (query, document, hard negative).
    loss : Module
        Called as ``loss(queries, documents, negatives or None)``.
    steps : int
        Batches.
    batch_size : int
        Rows of a batch; no more than the smallest source has.
    lr : float
        Highest learning rate.
    seed : int
        Of the order of the rows.
    threads : int
        Threads of PyTorch; one is exactly repeatable.
    label : str, optional
        What the progress line says; no line without it.

    Returns
    -------
    ndarray (steps,), float64
        The loss of each batch.

    Raises
    ------
    ValueError
        If a source has fewer rows than a batch, or there is nothing to do.
    """
    if steps < 1 or not sources:
        raise ValueError("there is nothing to train: give at least one source and one step.")
    for name, rows in sources.items():
        if not 1 < batch_size <= len(rows):
            raise ValueError(
                f"batch_size must be 2 to {len(rows)}, the rows of {name!r}: {batch_size}."
            )
    generator = np.random.default_rng(seed)
    texts = [
        [_Texts(encoder.tokenizer, column) for column in zip(*rows, strict=True)]
        for rows in sources.values()
    ]
    orders = [_endless(generator, len(rows)) for rows in sources.values()]
    model = encoder.backend.model
    optimisers = _optimisers(model, loss)
    warm = max(1, steps // 10)
    losses = np.zeros(steps)
    model.train()
    line = Progress(steps, "batches", label or "")
    with torch_threads(threads), line if label else nullcontext():
        for step in range(steps):
            for group in (group for optimiser in optimisers for group in optimiser.param_groups):
                group["lr"] = lr * min((step + 1) / warm, (steps - step) / (steps - warm + 1))
            turn = step % len(texts)
            rows = torch.from_numpy(np.array([next(orders[turn]) for _ in range(batch_size)]))
            value = loss(*(column.vectors(model, rows) for column in texts[turn]))
            value.backward()
            for optimiser in optimisers:
                optimiser.step()
                optimiser.zero_grad()
            losses[step] = value.item()
            if label:
                line.update(1, loss=losses[step])
    model.eval()
    return losses


def _optimisers(model: Bert, loss: nn.Module) -> list[torch.optim.Optimizer]:
    """Adam for all weights; of the words' table, only for the rows that a batch touches."""
    words = model.embeddings.word_embeddings
    words.sparse = True
    rest = [weight for weight in model.parameters() if weight is not words.weight]
    return [
        torch.optim.Adam([*rest, *loss.parameters()], fused=True),
        torch.optim.SparseAdam([words.weight]),
    ]


def _endless(generator: np.random.Generator, n: int):
    """Yield row numbers, each once before any comes again."""
    while True:
        yield from generator.permutation(n)
