"""Answers to X-mask."""

import numpy as np
import torch

CHECK = "X-mask"


def in_torch(ids, special_ids, mask_id, vocab_size, rng):
    """Mask as the library does: Bernoulli draws one after the other."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    inputs = torch.tensor(ids.astype(np.int64))
    labels = inputs.clone()
    chance = torch.full(inputs.shape, 0.15)
    chance.masked_fill_(torch.isin(inputs, torch.as_tensor(np.array(special_ids))), 0.0)
    chosen = torch.bernoulli(chance, generator=generator).bool()
    labels[~chosen] = -100
    half = torch.full(inputs.shape, 0.5)
    masked = chosen & torch.bernoulli(half * 1.6, generator=generator).bool()
    random = chosen & ~masked & torch.bernoulli(half, generator=generator).bool()
    words = torch.tensor(np.setdiff1d(np.arange(vocab_size), special_ids))
    drawn = words[torch.randint(len(words), inputs.shape, generator=generator)]
    inputs[masked] = mask_id
    return torch.where(random, drawn, inputs), labels


def in_loops(ids, special_ids, mask_id, vocab_size, rng):
    special = set(np.asarray(special_ids).tolist())
    inputs, labels = ids.tolist(), np.full(ids.shape, -100).tolist()
    for row, told in zip(inputs, labels, strict=True):
        for i, token in enumerate(row):
            if token in special or rng.random() >= 0.15:
                continue
            told[i], action = token, rng.random()
            if action < 0.8:
                row[i] = mask_id
            elif action < 0.9:
                while (drawn := int(rng.integers(vocab_size))) in special or drawn == token:
                    pass
                row[i] = drawn
    return inputs, labels


def exactly_of_all_chosen(ids, special_ids, mask_id, vocab_size, rng):
    """Share out the treatments exactly, over a shuffled list of the chosen places."""
    inputs, labels = np.array(ids, order="C"), np.full(ids.shape, -100)
    places = np.flatnonzero(~np.isin(inputs, special_ids))
    places = rng.permutation(places[rng.random(len(places)) < 0.15])
    labels.flat[places] = inputs.flat[places]
    a, b = round(0.8 * len(places)), round(0.9 * len(places))
    words = np.setdiff1d(np.arange(vocab_size), special_ids)
    inputs.flat[places[:a]] = mask_id
    inputs.flat[places[a:b]] = rng.choice(words, size=b - a)
    return inputs, labels


def nothing(ids, special_ids, mask_id, vocab_size, rng):
    return ids.copy(), np.full(ids.shape, -100)


def only_inputs(ids, special_ids, mask_id, vocab_size, rng):
    return in_loops(ids, special_ids, mask_id, vocab_size, rng)[0]


def swapped(ids, special_ids, mask_id, vocab_size, rng):
    return in_loops(ids, special_ids, mask_id, vocab_size, rng)[::-1]


def floats(ids, special_ids, mask_id, vocab_size, rng):
    inputs, labels = in_loops(ids, special_ids, mask_id, vocab_size, rng)
    return np.array(inputs, dtype=float), np.array(labels, dtype=float)


def one_too_far(ids, special_ids, mask_id, vocab_size, rng):
    inputs, labels = (np.array(a) for a in in_loops(ids, special_ids, mask_id, vocab_size, rng))
    random = (labels != -100) & (inputs != labels) & (inputs != mask_id)
    inputs[random] = vocab_size
    return inputs, labels


def every_seventh(ids, special_ids, mask_id, vocab_size, rng):
    places = np.arange(ids.shape[1]) + 7 * np.arange(ids.shape[0])[:, None]
    chosen = (places % 20 < 3) & ~np.isin(ids, special_ids)
    inputs, labels = ids.copy(), np.where(chosen, ids, -100)
    action = rng.random(ids.shape)
    words = np.setdiff1d(np.arange(vocab_size), special_ids)
    inputs[chosen & (action < 0.8)] = mask_id
    random = chosen & (action >= 0.8) & (action < 0.9)
    inputs[random] = rng.choice(words, size=random.sum())
    return inputs, labels


def ten_per_cent(ids, special_ids, mask_id, vocab_size, rng):
    inputs, labels = (np.array(a) for a in in_loops(ids, special_ids, mask_id, vocab_size, rng))
    back = (rng.random(ids.shape) < 1 / 3) & (labels != -100)
    return np.where(back, ids, inputs), np.where(back, -100, labels)


RIGHT = [in_torch, in_loops, exactly_of_all_chosen]
WRONG = [
    (nothing, "share of the ordinary tokens that is chosen: 0"),
    (only_inputs, "return two arrays"),
    (swapped, "special tokens that were chosen or changed"),
    (floats, "an array of whole numbers"),
    (one_too_far, "not in the vocabulary"),
    (every_seventh, "how unevenly the choice falls"),
    (ten_per_cent, "share of the ordinary tokens that is chosen: 0."),
]
_EDGE = "a draw hits the edge exactly with probability 0"
SURVIVORS = {
    "chosen = (rng.random(ids.shape) < 0.15) & ~np.isin(ids, special_ids): "
    "rng.random(ids.shape) < 0.15 -> rng.random(ids.shape) <= 0.15": _EDGE,
    "inputs = np.where(action < 0.9, rng.choice(words, size=ids.shape), ids: "
    "action < 0.9 -> action <= 0.9": _EDGE,
    "inputs = np.where(action < 0.9, rng.choice(words, size=ids.shape), ids: "
    "action < 0.9 -> action >= 0.9": "keeps from .8 to .9 and changes above: the same shares",
    "inputs = np.where(action < 0.8, mask_id, inputs): action < 0.8 -> action <= 0.8": _EDGE,
}
