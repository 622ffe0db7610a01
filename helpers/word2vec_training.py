"""What skip-gram, CBOW and fastText training share: settings, chunks, schedule, history.

The kernels train a slice of sentences; this module cuts the corpus into slices, hands out
learning rates and random generators, and measures the model between epochs on a fixed probe.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np

from helpers.alias import build_alias, sample_alias
from helpers.progress import Progress
from helpers.vocabulary import EncodedCorpus, Vocabulary, keep_probability, noise_distribution

CHUNK_TOKENS = 200_000  # about a tenth of a second of work a thread
LONGEST_SENTENCE = 10_000  # longer ones are cut, as in gensim
PROBE_PAIRS = 10_000


@dataclass(frozen=True)
class Settings:
    """Checked settings of one training run; see ``train_skipgram`` for their meaning."""

    dim: int
    window: int
    negatives: int
    epochs: int
    lr: float
    min_lr: float
    schedule: str
    sample: float
    noise_power: float
    shrink_window: bool
    threads: int
    seed: int

    def __post_init__(self):
        """Refuse what cannot be trained, with the reason."""
        for name in ("dim", "window", "negatives", "threads"):
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or value < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}.")
        if not isinstance(self.epochs, int | np.integer) or self.epochs < 0:
            raise ValueError(f"epochs must be a whole number of at least 0, not {self.epochs!r}.")
        if not 0 < self.lr < np.inf:
            raise ValueError(f"lr must be positive, not {self.lr!r}.")
        if not 0 <= self.min_lr <= self.lr and self.schedule == "linear":
            raise ValueError(f"min_lr must lie between 0 and lr, not be {self.min_lr!r}.")
        if self.schedule not in ("linear", "constant"):
            raise ValueError(f"schedule must be 'linear' or 'constant', not {self.schedule!r}.")

    def rate(self, share: float) -> float:
        """Learning rate after `share` (0 to 1) of the training."""
        return self.lr if self.schedule == "constant" else self.lr - share * (self.lr - self.min_lr)


def check_corpus(corpus: EncodedCorpus, vocabulary: Vocabulary) -> EncodedCorpus:
    """Return the corpus with over-long sentences cut, or say why it cannot be trained on."""
    if not isinstance(corpus, EncodedCorpus):
        raise ValueError("corpus must be an EncodedCorpus; make one with vocabulary.encode(...).")
    if len(vocabulary) < 2:
        raise ValueError(f"training needs at least 2 different words; got {len(vocabulary)}.")
    if corpus.n_tokens == 0:
        raise ValueError("the corpus is empty: no word of it is in the vocabulary.")
    if corpus.tokens.min() < 0 or corpus.tokens.max() >= len(vocabulary):
        raise ValueError("the corpus holds ids outside this vocabulary; encode it again.")
    tokens = np.ascontiguousarray(corpus.tokens, dtype=np.int32)
    offsets = np.ascontiguousarray(corpus.offsets, dtype=np.int64)
    lengths = np.diff(offsets)
    if lengths.max() > LONGEST_SENTENCE:
        parts = [
            np.arange(start, start + length, LONGEST_SENTENCE)
            for start, length in zip(offsets[:-1], lengths, strict=True)
        ]
        offsets = np.append(np.concatenate(parts), offsets[-1])
    return EncodedCorpus(tokens, offsets)


def fixed_point(probability) -> np.ndarray:
    """Probabilities as uint32 in units of 2**-32, 1 as the largest number."""
    return np.minimum(np.asarray(probability) * 2.0**32, 2.0**32 - 1).astype(np.uint32)


def keep_table(counts, sample: float = 1e-3) -> np.ndarray:
    """Subsampling probabilities for the kernels: (V,) uint32."""
    return fixed_point(keep_probability(counts, sample))


def noise_table(counts, power: float = 0.75) -> np.ndarray:
    """Alias table of the noise distribution for the kernels: (V, 2) uint32."""
    prob, alias = build_alias(noise_distribution(counts, power))
    return np.stack([fixed_point(prob), alias.astype(np.uint32)], axis=1)


class Probe:
    """A fixed set of positive examples with fixed negatives, to measure loss and gradient.

    Parameters
    ----------
    corpus : EncodedCorpus
        Where the examples are taken from, with the training's subsampling and window weights.
    counts : ndarray (V,)
        Word counts.
    settings : Settings
        Window, negatives, subsampling, noise and seed.
    whole_window : bool
        False: the input is one context word (skip-gram); True: all of the window (CBOW).
    """

    def __init__(self, corpus, counts, settings: Settings, whole_window: bool):
        rng = np.random.default_rng([settings.seed, 7])
        keep = keep_probability(counts, settings.sample)
        place = rng.integers(corpus.n_tokens, size=4 * PROBE_PAIRS)
        place = place[rng.random(len(place)) < keep[corpus.tokens[place]]]
        sentence = np.searchsorted(corpus.offsets, place, side="right") - 1
        reach = np.r_[-settings.window : 0, 1 : settings.window + 1]
        other = place[:, None] + reach
        radius = np.full(len(place), settings.window)
        if settings.shrink_window:
            radius = rng.integers(1, settings.window + 1, size=len(place))
        inside = (other >= corpus.offsets[sentence][:, None]) & (np.abs(reach) <= radius[:, None])
        inside &= other < corpus.offsets[sentence + 1][:, None]
        other = np.where(inside, other, 0)
        inside &= rng.random(other.shape) < keep[corpus.tokens[other]]
        used = np.flatnonzero(inside.any(axis=1))
        if not whole_window:
            rows, columns = np.nonzero(inside)
            chosen = rng.permutation(len(rows))[:PROBE_PAIRS]
            used, other = rows[chosen], other[rows[chosen], columns[chosen]][:, None]
            inside = np.ones_like(other, dtype=bool)
        else:
            used = used[:PROBE_PAIRS]
            other, inside = other[used], inside[used]
        self.inputs, self.weights = corpus.tokens[other], inside.astype(np.float32)
        centre = corpus.tokens[place[used]][:, None]
        table = build_alias(noise_distribution(counts, settings.noise_power))
        noise = sample_alias(*table, len(used) * settings.negatives, rng)
        noise = noise.reshape(len(used), settings.negatives)
        self.outputs = np.concatenate([centre, noise], axis=1)
        self.counted = np.concatenate([np.ones_like(centre), noise != centre], axis=1)

    def measure(self, vectors, context_vectors) -> dict[str, float]:
        """Mean loss a positive example, and mean norm of its gradient on the input vector."""
        if len(self.inputs) == 0:
            return {"loss": float("nan"), "grad_norm": float("nan")}
        losses, norms = [], []
        for part in np.array_split(np.arange(len(self.inputs)), len(self.inputs) // 2000 + 1):
            weights = self.weights[part] / self.weights[part].sum(axis=1, keepdims=True)
            hidden = np.einsum("nm,nmd->nd", weights, vectors[self.inputs[part]])
            targets = context_vectors[self.outputs[part]]
            scores = np.einsum("nd,nkd->nk", hidden, targets).astype(np.float64)
            sign = np.where(np.arange(scores.shape[1]) == 0, 1.0, -1.0)
            losses.append((np.logaddexp(0, -sign * scores) * self.counted[part]).sum(axis=1))
            push = -sign * self.counted[part] / (1 + np.exp(np.minimum(sign * scores, 80)))
            norms.append(np.linalg.norm(np.einsum("nk,nkd->nd", push, targets), axis=1))
        return {
            "loss": float(np.concatenate(losses).mean()),
            "grad_norm": float(np.concatenate(norms).mean()),
        }


def train(
    model, corpus: EncodedCorpus, settings: Settings, chunk: Callable, probe: Probe,
    refresh: Callable[[], None] | None = None, callback=None, progress: bool = True,
    snapshots: int = 0, snapshot_words=None, label: str = "Training",
) -> None:  # fmt: skip
    """Run all epochs of a model and record its history and snapshots.

    Parameters
    ----------
    model : Word2Vec
        Changed in place.
    corpus : EncodedCorpus
        The sentences.
    settings : Settings
        How to train.
    chunk : callable
        ``chunk(first, last, lr_first, lr_last, state)`` trains a slice of sentences.
    probe : Probe
        What `history` is measured on.
    refresh : callable, optional
        Brings ``model.vectors`` up to date before it is looked at.
    callback, progress, snapshots, snapshot_words
        As in ``train_skipgram``.
    label : str
        Shown by the progress line.
    """
    refresh = refresh or (lambda: None)
    total = settings.epochs * corpus.n_tokens
    words = list(snapshot_words) if snapshot_words is not None else model.vocabulary.words[:200]
    ids = np.array([model.id_of(word) for word in words], dtype=np.int64)
    due = list(np.linspace(0, total, snapshots)) if snapshots > 1 else [0.0] * snapshots
    frames, shares = [], []
    size = min(CHUNK_TOKENS * settings.threads, max(1, total // max(1, snapshots - 1)))
    seeds = np.random.SeedSequence(settings.seed).generate_state(settings.threads, np.uint64)
    states = [seeds[t : t + 1].copy() for t in range(settings.threads)]

    def look(done: int) -> None:
        if due and done >= due[0] - 0.5:
            refresh()
            while due and done >= due[0] - 0.5:
                due.pop(0)
            frames.append(model.vectors[ids].copy())
            shares.append(done / total if total else 0.0)

    def record(epoch: int) -> dict:
        refresh()
        done = epoch * corpus.n_tokens
        entry = {"epoch": epoch, "words": done}
        entry |= probe.measure(model.vectors, model.context_vectors)
        entry["lr"] = settings.rate(done / total if total else 0.0)
        model.history.append(entry)
        if callback is not None:
            entry |= callback(epoch, model) or {}
        return entry

    bar = Progress(total, "words", label) if progress else nullcontext()
    with bar as shown, ThreadPoolExecutor(settings.threads) as pool:
        record(0)
        look(0)
        for epoch in range(settings.epochs):
            before = epoch * corpus.n_tokens
            for first, last in _slices(corpus.offsets, 0, len(corpus), size):
                start, stop = corpus.offsets[first], corpus.offsets[last]
                begin, end = (settings.rate((before + t) / total) for t in (start, stop))
                if settings.threads == 1:
                    chunk(first, last, begin, end, states[0])
                else:
                    part = -(-(stop - start) // settings.threads)
                    parts = list(_slices(corpus.offsets, first, last, part))
                    jobs = [
                        pool.submit(chunk, a, b, begin, end, states[t % settings.threads])
                        for t, (a, b) in enumerate(parts)
                    ]
                    for job in jobs:
                        job.result()
                look(before + stop)
                if shown is not None:
                    shown.update(int(stop - start))
            entry = record(epoch + 1)
            if shown is not None:
                shown.update(0, epoch=epoch + 1, loss=entry["loss"])
    if snapshots:
        model.snapshots = {
            "words": words,
            "progress": np.array(shares),
            "vectors": np.array(frames),
        }


def _slices(offsets, first, last, size):
    """Cut sentences `first` to `last` - 1 into runs of about `size` tokens."""
    while first < last:
        end = int(np.searchsorted(offsets, offsets[first] + size, side="left"))
        end = min(max(end, first + 1), last)
        yield first, end
        first = end
