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


def exactly_of_each_row(ids, special_ids, mask_id, vocab_size, rng):
    """Choose 15% of each row, rounded to the nearest, as a shuffled list of places."""
    inputs, labels = np.array(ids), np.full(ids.shape, -100)
    words = np.setdiff1d(np.arange(vocab_size), special_ids)
    for row, told in zip(inputs, labels, strict=True):
        places = rng.permutation(np.flatnonzero(~np.isin(row, special_ids)))
        places = places[: round(0.15 * len(places))]
        told[places] = row[places]
        for place, action in zip(places, rng.random(len(places)), strict=True):
            row[place] = mask_id if action < 0.8 else row[place]
            row[place] = rng.choice(words) if 0.8 <= action < 0.9 else row[place]
    return inputs, labels


def drawn_later(labels="chosen", words="ordinary", special=False):
    """Draw as many random words as are needed: another order than the misconceptions have."""

    def answer(ids, special_ids, mask_id, vocab_size, rng):
        action = rng.random(ids.shape)
        never = np.zeros(ids.shape, dtype=bool) if special else np.isin(ids, special_ids)
        chosen = (rng.random(ids.shape) >= 0.85) & ~never
        masked, random = chosen & (action >= 0.2), chosen & (action < 0.1)
        usual = np.setdiff1d(np.arange(vocab_size), special_ids)
        pool = {"ordinary": usual, "all": np.arange(vocab_size), "text": ids[~never]}[words]
        inputs = ids.copy()
        inputs[masked] = mask_id
        inputs[random] = rng.choice(pool, size=random.sum()) if random.any() else 0
        told = {
            "chosen": np.where(chosen, ids, -100),
            "everywhere": ids.copy(),
            "zero": np.where(chosen, ids, 0),
            "read": np.where(chosen, inputs, -100),
            "changed": np.where(masked | random, ids, -100),
            "masked": np.where(masked, ids, -100),
        }
        return inputs, told[labels]

    return answer


def even_only(ids, special_ids, mask_id, vocab_size, rng):
    even = (ids % 2 == 0) & ~np.isin(ids, special_ids)
    back = ~np.isin(ids, special_ids) & ~even
    share = 0.15 * (even.sum() + back.sum()) / max(1, even.sum())
    chosen, action = even & (rng.random(ids.shape) < share), rng.random(ids.shape)
    words = np.setdiff1d(np.arange(vocab_size), special_ids)
    inputs = np.where(chosen & (action < 0.9), rng.choice(words, size=ids.shape), ids)
    inputs = np.where(chosen & (action < 0.8), mask_id, inputs)
    return inputs, np.where(chosen, ids, -100)


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


RIGHT = [in_torch, in_loops, exactly_of_all_chosen, exactly_of_each_row, drawn_later()]
WRONG = [
    (nothing, "share of the ordinary tokens that is chosen: 0"),
    (only_inputs, "return two arrays"),
    (swapped, "return `inputs, labels`, in this order"),
    (floats, "an array of whole numbers"),
    (one_too_far, "not in the vocabulary"),
    (every_seventh, "how unevenly the choice falls"),
    (even_only, "share of the tokens with even numbers"),
    (drawn_later(labels="everywhere"), "You give every place a label"),
    (drawn_later(labels="zero"), "have the label 0"),
    (drawn_later(labels="read"), "take labels from `ids`"),
    (drawn_later(labels="changed"), "The kept words have no label"),
    (drawn_later(labels="masked"), "Only the places that became [MASK] have a label"),
    (drawn_later(special=True), "You also choose special tokens"),
    (drawn_later(words="all"), "also those of special tokens"),
    (drawn_later(words="text"), "come from the text itself"),
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
