"""A small masked language model: the recipe, the text, the training, and what it predicts.

Words are the tokens. A sequence is [CLS] and a piece of running text with [SEP] between sentences;
15% of its words are chosen, changed (80% [MASK], 10% a random word, 10% kept), and predicted.

References
----------
Devlin et al. (2019), "BERT: Pre-training of Deep Bidirectional Transformers for Language
Understanding", section 3.1 and appendix C.2.
"""

import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.sparse import csr_array
from torch.nn import functional as F

from helpers import data
from helpers.attention import shift_rotation, sinusoidal_positions
from helpers.cooccurrence import cooccurrences
from helpers.models import BertConfig, BertForMaskedLM, torch_threads
from helpers.pmi import positive_pmi, svd_vectors
from helpers.progress import Progress
from helpers.stored import read_stored
from helpers.vocabulary import EncodedCorpus

__all__ = [
    "GAPS",
    "HELD_OUT",
    "HELD_OUT_KINDS",
    "SPECIALS",
    "MlmText",
    "fill_in",
    "gaps",
    "kinds_of_places",
    "load_results",
    "masked_loss",
    "mlm_mask",
    "mlm_text",
    "neighbour_losses",
    "small_masked_lm",
    "train_masked_lm",
    "word_start",
]

RESULTS, FORMAT = Path(__file__).parent.parent / "data" / "masked_lm.json", 1
HELD_OUT = slice(1000, 1400)  # Of the test part; settings were chosen on the first thousand.
HELD_OUT_KINDS = slice(1400, 2400)  # For what is seldom: kept and random places.
TREATMENT = (0.8, 0.1)  # Shares of the chosen words that become [MASK], and a random word.
GAPS = (
    "in the beginning god created the [MASK] and the earth",
    "the king of [MASK] said to his servants",
    "a small [MASK] with long legs and a short tail",
    "the quality or [MASK] of being weak",
    "the act of [MASK] or the state of being pressed",
)

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, UNK, CLS, SEP, MASK = range(len(SPECIALS))
_TEST_EVERY = 20  # Each so-manieth sequence is kept for the test.
_SIZE = 0.04  # Standard deviation of all initial weights.


def mlm_mask(
    ids,
    special_ids,
    mask_id: int,
    vocab_size: int,
    rng,
    rate: float = 0.15,
    treatment: tuple[float, float] = TREATMENT,
):
    """Choose words to be predicted, and change most of them: 80% [MASK], 10% random, 10% kept.

    Parameters
    ----------
    ids : array_like of int, any shape
        Token numbers; not changed.
    special_ids : array_like of int
        Tokens that are never chosen and never drawn.
    mask_id : int
        Number of [MASK].
    vocab_size : int
        Tokens are numbered 0 to vocab_size - 1.
    rng : numpy.random.Generator
        Source of all randomness.
    rate : float
        Share of the ordinary tokens that is chosen, each independently.
    treatment : (float, float)
        Shares of the chosen tokens that become [MASK] and a random word; the rest is kept.

    Returns
    -------
    inputs : ndarray of int
        What the model reads; the shape of `ids`.
    labels : ndarray of int
        The original token where one was chosen, -100 elsewhere.
    """
    ids = np.asarray(ids)
    ordinary = np.setdiff1d(np.arange(vocab_size), special_ids)
    chosen = (rng.random(ids.shape) < rate) & ~np.isin(ids, special_ids)
    action = rng.random(ids.shape)
    masked, changed = treatment[0], sum(treatment)
    inputs = np.where(chosen & (action < masked), mask_id, ids)
    drawn = rng.choice(ordinary, size=ids.shape)
    inputs = np.where(chosen & (action >= masked) & (action < changed), drawn, inputs)
    return inputs, np.where(chosen, ids, -100)


def kinds_of_places(inputs, labels) -> dict[str, np.ndarray]:
    """Tell the chosen places apart by what was done to them.

    Parameters
    ----------
    inputs, labels : ndarray of int (n, L)
        From :func:`mlm_mask`.

    Returns
    -------
    dict of str to ndarray of bool (n, L)
        ``"masked"``, ``"kept"`` (a random word that hit the original is among them), ``"random"``.
    """
    chosen = labels != -100
    masked, kept = chosen & (inputs == MASK), chosen & (inputs == labels)
    return {"masked": masked, "kept": kept, "random": chosen & ~masked & ~kept}


def gaps(sequences, vocab_size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose places as :func:`mlm_mask` does, but put [MASK] at all of them, as a test should.

    Parameters
    ----------
    sequences : ndarray (n, L)
        Token numbers; not changed.
    vocab_size : int
        V.
    seed : int
        Of the choice.

    Returns
    -------
    inputs, labels : ndarray (n, L)
    """
    rng = np.random.default_rng(seed)
    _, labels = mlm_mask(sequences, np.arange(len(SPECIALS)), MASK, vocab_size, rng)
    return np.where(labels != -100, MASK, sequences), labels


def load_results(path: Path = RESULTS) -> dict:
    """Read what ``python -m benchmarks.train_masked_lm`` measured.

    Returns
    -------
    dict
        ``curve``, ``gaps``, ``fixed_masks``, ``starts`` and ``treatments``, described in
        ``data/README.md``.

    Raises
    ------
    ValueError
        If the file is missing or damaged.
    """
    again = "get it from the course's repository, or run `python -m benchmarks.train_masked_lm`"
    needed = {"curve", "gaps", "fixed_masks", "starts", "treatments"}
    return read_stored(path, FORMAT, needed, again)


@dataclass(frozen=True)
class MlmText:
    """Text cut into sequences of L tokens.

    Attributes
    ----------
    words : list of str
        The vocabulary: the special tokens, then words by falling count.
    train, test : ndarray (n, L), int64
        Token numbers: [CLS], then L - 1 tokens of text, full to the end. No place of the text is in
        both. In a random order.
    """

    words: list[str]
    train: np.ndarray
    test: np.ndarray

    def ids(self, text: str) -> np.ndarray:
        """Return [CLS] and the numbers of words split by blanks; unknown ones become [UNK]."""
        index = {word: i for i, word in enumerate(self.words)}
        return np.array([CLS, *(index.get(word, UNK) for word in text.split())])

    def sentences(self) -> EncodedCorpus:
        """Return the words of `train` as sentences for a word-vector trainer, numbered from 0."""
        known = self.train > MASK
        offsets = np.concatenate([[0], np.cumsum(known.sum(axis=1))])
        return EncodedCorpus((self.train[known] - len(SPECIALS)).astype(np.int32), offsets)

    def counts(self) -> np.ndarray:
        """Count each token of the vocabulary in `train`, (V,)."""
        return np.bincount(self.train.ravel(), minlength=len(self.words))


def mlm_text(n_words: int = 8000, length: int = 32, seed: int = 1) -> MlmText:
    """Cut one Bible translation and the dictionary into sequences.

    One translation only: another version of a test verse in the training text would give it away.

    Parameters
    ----------
    n_words : int
        Size of the vocabulary without the special tokens: the most frequent words.
    length : int
        Tokens of a sequence.
    seed : int
        Of the order of the sequences.

    Returns
    -------
    MlmText
    """
    corpus = data.corpus("default")
    n_verses = sum(1 for text in data.bible("web").values() if data.tokenize(text))
    n_bibles = len(data.corpus("bibles"))
    tokens = np.where(corpus.tokens < n_words, corpus.tokens + len(SPECIALS), UNK)
    rows = []
    for first, last in ((0, n_verses), (n_bibles, len(corpus))):
        ends = corpus.offsets[first : last + 1] - corpus.offsets[first]
        stream = tokens[corpus.offsets[first] : corpus.offsets[last]]
        stream = np.insert(stream, ends[1:], SEP)
        stream = stream[: len(stream) // (length - 1) * (length - 1)].reshape(-1, length - 1)
        rows.append(np.insert(stream, 0, CLS, axis=1))
    rows = np.concatenate(rows).astype(np.int64)
    tested = np.arange(len(rows)) % _TEST_EVERY == 0
    generator = np.random.default_rng(seed)
    parts = {
        "train": generator.permutation(rows[~tested]),
        "test": generator.permutation(rows[tested]),
    }
    return MlmText([*SPECIALS, *corpus.words[:n_words]], **parts)


def small_masked_lm(
    text: MlmText,
    width: int = 128,
    layers: int = 2,
    heads: int = 4,
    vectors=None,
    seed: int = 1,
    open_layers: bool | None = None,
) -> BertForMaskedLM:
    """Make an untrained model whose output bias is the log of the words' frequencies.

    So its first guess is the unigram distribution, instead of a uniform one. No dropout: it will
    hardly see a sequence twice.

    Parameters
    ----------
    text : MlmText
        Gives vocabulary, frequencies and length.
    width, layers, heads : int
        Sizes.
    vectors : ndarray (V - 5, width), optional
        Word vectors to start from; they are brought to the size of random ones.
    seed : int
        Of the random weights.
    open_layers : bool, optional
        Whether positions and matrices get a start that lets the vectors through, see Notes. If not
        given, they do when there are `vectors`.

    Returns
    -------
    BertForMaskedLM

    Notes
    -----
    In open layers the value, output and transform matrices start near the identity, positions as
    sinusoids, and the heads of the first layer by looking one or two places to the left and right
    (a rotation of the positions). All of it is trained on like any other weight.
    """
    generator_state = torch.get_rng_state()
    torch.manual_seed(seed)
    model = BertForMaskedLM(
        BertConfig(
            vocab_size=len(text.words), hidden_size=width, num_hidden_layers=layers,
            num_attention_heads=heads, intermediate_size=4 * width,
            max_position_embeddings=text.train.shape[1], hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0, initializer_range=_SIZE,
        )
    )  # fmt: skip
    torch.set_rng_state(generator_state)
    frequencies = text.counts() + 0.5
    frequencies[: len(SPECIALS)] = 1e-3
    with torch.no_grad():
        model.bias.copy_(torch.from_numpy(np.log(frequencies / frequencies.sum())))
        if vectors is not None:
            rows = torch.from_numpy(np.asarray(vectors, dtype=np.float32))
            table = model.bert.embeddings.word_embeddings.weight
            table[len(SPECIALS) :] = (rows - rows.mean(0)) * (_SIZE / (rows - rows.mean(0)).std())
        if (vectors is not None) if open_layers is None else open_layers:
            _let_vectors_through(model, text.train.shape[1])
    return model


def word_start(text: MlmText, width: int = 128) -> np.ndarray:
    """Return word vectors from the training text, (V - 5, width): PPMI and SVD of lesson 01."""
    counts = cooccurrences(text.sentences(), len(text.words) - len(SPECIALS), window=3)
    return svd_vectors(positive_pmi(counts), width)[0]


def _let_vectors_through(model: BertForMaskedLM, length: int) -> None:
    """Start near the identity, with positions and with heads that look at the neighbours."""
    width, layers = model.bert.config.hidden_size, model.bert.layers
    codes = sinusoidal_positions(np.arange(length), width)
    positions = model.bert.embeddings.position_embeddings.weight
    positions.copy_(torch.from_numpy(codes * _SIZE * 2**0.5))
    model.transform.weight.add_(torch.eye(width))
    for layer in layers:
        layer.attention.value.weight.add_(torch.eye(width))
        layer.attention.output.weight.add_(torch.eye(width))
    attention = layers[0].attention
    size = width // attention.n_heads
    for head, shift in zip(range(attention.n_heads), (-1, 1, -2, 2), strict=False):
        rows = slice(head * size, (head + 1) * size)
        # The first features hold the fastest hands of the clock, which tell neighbours apart.
        attention.key.weight[rows, :size] += torch.eye(size)
        turn = torch.from_numpy(shift_rotation(shift, width)[:size, :size]).float()
        attention.query.weight[rows, :size] += 2 * turn


def _logits(model: BertForMaskedLM, inputs, labels) -> tuple[torch.Tensor, torch.Tensor]:
    """Score the words at the chosen places only: (chosen, V) logits and (chosen,) targets."""
    inputs, labels = torch.as_tensor(inputs), torch.as_tensor(labels)
    longest = int((inputs != PAD).sum(1).max())
    inputs, labels = inputs[:, :longest], labels[:, :longest]
    states = model.bert(inputs, (inputs != PAD).long()).last_hidden_state[labels != -100]
    states = model.norm(F.gelu(model.transform(states)))
    table = model.bert.embeddings.word_embeddings.weight
    return F.linear(states, table, model.bias), labels[labels != -100]


def masked_loss(model: BertForMaskedLM, inputs, labels, batch_size: int = 128) -> float:
    """Return the mean cross-entropy at the chosen places, in nats.

    Parameters
    ----------
    model : BertForMaskedLM
        The model.
    inputs, labels : ndarray (n, L)
        From :func:`mlm_mask`.
    batch_size : int
        Sequences at a time.
    """

    def summed(start: int) -> tuple[float, int]:
        part = slice(start, start + batch_size)
        with torch.inference_mode():
            logits, targets = _logits(model, inputs[part], labels[part])
            return float(F.cross_entropy(logits, targets, reduction="sum")), len(targets)

    # Two batches at a time; they are added in their order, so the sum does not depend on it.
    with torch_threads(1), ThreadPoolExecutor(2) as pool:
        totals, counts = zip(*pool.map(summed, range(0, len(inputs), batch_size)), strict=True)
    return sum(totals) / sum(counts)


def neighbour_losses(text: MlmText, sequences, labels, prior: float = 200.0) -> dict[str, float]:
    """Return the losses of three tables of counts at the chosen places, in nats.

    They see the true neighbours, also where these are masked for the model.

    Parameters
    ----------
    text : MlmText
        Words and pairs of neighbours are counted in its training part.
    sequences, labels : ndarray (n, L)
        The original tokens, and -100 where nothing is predicted.
    prior : float
        How many observations the unigram distribution counts for in the distribution beside a
        neighbour (a Dirichlet prior).

    Returns
    -------
    dict of str to float
        ``"unigram"``; ``"left neighbour"``, p(w | left); ``"both neighbours"``, proportional to
        p(w | left) p(w | right) / p(w).
    """
    size = len(text.words)
    unigram = text.counts() + 0.5
    unigram[: len(SPECIALS)] = 1e-3
    unigram = unigram / unigram.sum()
    left, right = text.train[:, :-1].ravel(), text.train[:, 1:].ravel()
    pairs = csr_array((np.ones(len(left)), (left, right)), shape=(size, size))
    rows, places = np.nonzero(np.asarray(labels) != -100)
    total = dict.fromkeys(("unigram", "left neighbour", "both neighbours"), 0.0)
    for start in range(0, len(rows), 256):
        row, place = rows[start : start + 256], places[start : start + 256]
        target = sequences[row, place]
        inside = place + 1 < sequences.shape[1]
        after = np.where(inside, sequences[row, np.minimum(place + 1, sequences.shape[1] - 1)], PAD)
        beside_left = pairs[sequences[row, place - 1]].toarray()
        beside_right = pairs.T.tocsr()[after].toarray()
        for counts in (beside_left, beside_right):
            counts[:, : len(SPECIALS)] = 0  # They are never predicted.
        given = [
            np.log((counts + prior * unigram) / (counts.sum(axis=1, keepdims=True) + prior))
            for counts in (beside_left, beside_right)
        ]
        both = given[0] + given[1] - np.log(unigram)
        both[:, : len(SPECIALS)] = -np.inf
        both -= np.log(np.exp(both).sum(axis=1, keepdims=True))
        for name, scores in zip(total, (np.log(unigram)[None], given[0], both), strict=True):
            scores = np.broadcast_to(scores, (len(row), size))
            total[name] -= scores[np.arange(len(row)), target].sum()
    return {name: float(value / len(rows)) for name, value in total.items()}


def train_masked_lm(
    model: BertForMaskedLM,
    sequences: np.ndarray,
    *,
    steps: int,
    batch_size: int = 64,
    lr: float = 2e-3,
    fixed_masks: int = 0,
    treatment: tuple[float, float] = TREATMENT,
    test: tuple[np.ndarray, np.ndarray] | None = None,
    test_every: int = 20,
    seed: int = 1,
    label: str | None = "Training",
) -> list[tuple[int, float]]:
    """Train in place with Adam; the learning rate rises over a tenth of the steps, then falls.

    Parameters
    ----------
    model : BertForMaskedLM
        Changed in place.
    sequences : ndarray (n, L)
        Token numbers.
    steps : int
        Batches.
    batch_size : int
        Sequences of a batch.
    lr : float
        Highest learning rate.
    fixed_masks : int
        0 draws masks afresh for each batch; k > 0 draws k masks for each sequence at the start and
        uses them in turn, epoch by epoch.
    treatment : (float, float)
        Shares of [MASK] and of random words among the chosen, as in :func:`mlm_mask`.
    test : (inputs, labels), optional
        Masked sequences for the loss in the history.
    test_every : int
        Steps between two tests; the start and the end are tested too.
    seed : int
        Of order and masks.
    label : str, optional
        What the progress line says; None for no line.

    Returns
    -------
    list of (int, float)
        Step and loss on `test`.

    Raises
    ------
    ValueError
        If there are fewer sequences than a batch takes, or no place of a batch was chosen.
    """
    if not 1 <= batch_size <= len(sequences):
        raise ValueError(f"batch_size must be 1 to {len(sequences)}, the number of sequences.")
    specials, vocab_size = np.arange(len(SPECIALS)), model.bert.config.vocab_size
    generator = np.random.default_rng(seed)

    def masked(rows, source=generator):
        return mlm_mask(rows, specials, MASK, vocab_size, source, treatment=treatment)

    stored = [masked(sequences, np.random.default_rng([seed, i])) for i in range(fixed_masks)]
    optimiser = torch.optim.Adam(model.parameters(), lr, fused=True)
    warm, history, per_epoch = max(1, steps // 10), [], len(sequences) // batch_size
    progress = nullcontext() if label is None else Progress(steps, "batches", label)
    with torch_threads(1), ThreadPoolExecutor(2) as halves, progress as line:
        for step in range(steps):
            if test is not None and step % test_every == 0:
                history.append((step, masked_loss(model, *test)))
            epoch, place = divmod(step, per_epoch)
            if place == 0:
                order = generator.permutation(len(sequences))
            rows = order[place * batch_size : (place + 1) * batch_size]
            inputs, labels = (
                (array[rows] for array in stored[epoch % fixed_masks])
                if fixed_masks
                else masked(sequences[rows])
            )
            optimiser.param_groups[0]["lr"] = lr * min(
                (step + 1) / warm, (steps - step) / (steps - warm + 1)
            )
            loss = _backward(model, inputs, labels, halves)
            optimiser.step()
            if line is not None:
                line.update(1, loss=loss)
        if test is not None:
            history.append((steps, masked_loss(model, *test)))
    return history


def _backward(model: BertForMaskedLM, inputs, labels, halves: ThreadPoolExecutor) -> float:
    """Set the gradients of the mean loss, each half of the batch in a thread of its own.

    The halves are added in their order, so the sums are the same on any number of cores.
    """
    weights = [weight for weight in model.parameters() if weight.requires_grad]

    def summed(inputs, labels):
        loss = F.cross_entropy(*_logits(model, inputs, labels), reduction="sum")
        return loss.item(), torch.autograd.grad(loss, weights)

    split = len(inputs) // 2
    parts = [part for part in (slice(split), slice(split, None)) if (labels[part] >= 0).any()]
    if not parts:
        raise ValueError("no place of the batch was chosen: take more or longer sequences.")
    n_chosen = int((labels >= 0).sum())
    losses, gradients = zip(
        *halves.map(lambda part: summed(inputs[part], labels[part]), parts), strict=True
    )
    for weight, *pieces in zip(weights, *gradients, strict=True):
        weight.grad = functools.reduce(torch.add, pieces) / n_chosen
    return sum(losses) / n_chosen


def fill_in(
    model: BertForMaskedLM, words: Sequence[str], ids, k: int = 5
) -> list[tuple[str, float]]:
    """Return the k likeliest words for the one [MASK] of a sequence, with probabilities.

    Raises
    ------
    ValueError
        If there is not exactly one [MASK].
    """
    ids = np.asarray(ids)
    mask_id = list(words).index("[MASK]")
    (places,) = np.nonzero(ids == mask_id)
    if len(places) != 1:
        raise ValueError(f"the sequence must have one [MASK], not {len(places)}.")
    with torch_threads(1), torch.inference_mode():
        logits = model(torch.from_numpy(ids)[None])[0, places[0]]
        top = logits.softmax(-1).topk(k)
    return [(words[i], float(p)) for i, p in zip(top.indices, top.values, strict=True)]
