"""Wrong answers to X-mask that people give for a reason."""

import itertools

import numpy as np

from helpers.checks.core import Misconception

__all__ = ["MISCONCEPTIONS", "NOT_REPEATED", "SAME_MASK"]

_counter = itertools.count(1)


def _answer(
    rate=0.15, steps=(0.8, 0.1), special=False, labels="chosen", draw="words",
    rows="each", copy=True, blank=-100, of_all=False,
    source=None, avoid=0, ordered=False,
):  # fmt: skip
    """Make an answer with room for the ways to get it wrong."""

    def answer(ids, special_ids, mask_id, vocab_size, rng):
        rng = source() if source else rng
        shape = ids.shape
        may = np.ones(shape, dtype=bool) if special else ~np.isin(ids, special_ids)
        n_may = may.sum()
        if avoid and n_may:
            words, often = np.unique(ids[may], return_counts=True)
            may = may & ~np.isin(ids, words[np.argsort(-often, kind="stable")[:avoid]])
        chance = np.broadcast_to(rng.random(shape[1:] if rows == "same" else shape), shape)
        chosen = (chance < (rate * n_may / max(1, may.sum()) if avoid else rate)) & may
        if of_all:
            chosen = may
        action = rng.random(shape)
        if ordered:
            action[chosen] = np.arange(chosen.sum()) / max(1, chosen.sum())
        masked = chosen & (action < steps[0])
        random = chosen & (action >= steps[0]) & (action < sum(steps))
        words = np.setdiff1d(np.arange(vocab_size), special_ids)
        drawn = {
            "words": lambda: rng.choice(words, size=shape),
            "all": lambda: rng.integers(0, vocab_size, size=shape),
            "above": lambda: rng.integers(np.max(special_ids) + 1, vocab_size, size=shape),
            "one": lambda: np.full(shape, rng.choice(words)),
            "text": lambda: rng.choice(ids[may] if may.any() else words, size=shape),
            "kinds": lambda: rng.choice(np.unique(ids[may]) if may.any() else words, size=shape),
        }[draw]()
        before = ids.copy()
        inputs = ids.copy() if copy else ids
        inputs[masked] = mask_id
        inputs[random] = drawn[random]
        told = {
            "chosen": lambda: np.where(chosen, before, blank),
            "all": lambda: before,
            "masked": lambda: np.where(masked, before, blank),
            "changed": lambda: np.where(masked | random, before, blank),
            "new": lambda: np.where(chosen, inputs, blank),
        }[labels]()
        return inputs, told

    return answer


def _held(name, sentence, **wrong):
    return Misconception(name, _answer(**wrong), sentence)


# These two hold in every case by itself: only calls side by side tell them.
NOT_REPEATED = _held(
    "own generator",
    "Two calls with generators of the same seed differ: draw from `rng`, not from a generator of "
    "your own.",
    source=lambda: np.random.default_rng(next(_counter)),
)
SAME_MASK = _held(
    "one fixed mask",
    "Every call chooses the same places, whatever the generator: that is one fixed mask. Draw from "
    "`rng`.",
    source=lambda: np.random.default_rng(0),
)
MISCONCEPTIONS = (
    _held(
        "changed in place",
        "You write into `ids` itself, so the original text is lost for the next epoch: start "
        "from a copy, `inputs = ids.copy()`.",
        copy=False,
    ),
    _held(
        "labels of what is read",
        "Your labels hold the token that the model *reads* ([MASK], or a random word). It "
        "should predict the original one: take labels from `ids`, not from `inputs`.",
        labels="new",
    ),
    _held(
        "labels everywhere",
        "You give every place a label. The loss counts all labels that are not -100, so the "
        "model would mostly be paid for copying words that it can see.",
        labels="all",
    ),
    _held(
        "no -100",
        "Places that were not chosen have the label 0 in your answer, which is a token like "
        "any other: the loss skips -100 only.",
        blank=0,
    ),
    _held(
        "loss on [MASK] only",
        "Only the places that became [MASK] have a label. The random and the kept words were "
        "chosen too and are predicted too: that is what they are there for.",
        labels="masked",
    ),
    _held(
        "kept words without a label",
        "The kept words have no label in your answer. A chosen word that stays as it is must "
        "be predicted too, or keeping it would change nothing.",
        labels="changed",
    ),
    _held(
        "special tokens chosen",
        "You also choose special tokens: predicting [PAD] or [CLS] teaches nothing, and a "
        "padded place must stay one. Leave out all `special_ids`.",
        special=True,
    ),
    _held(
        "15% each",
        "You choose 15% for each of the three treatments, 45% in all. It is 15% of the tokens "
        "in all; 80, 10 and 10% are shares of *these*.",
        rate=0.45,
        steps=(1 / 3, 1 / 3),
    ),
    _held(
        "80% of all",
        "You take 80, 10 and 10% of *all* ordinary tokens. First choose 15% of them; the three "
        "shares are of the chosen ones.",
        of_all=True,
    ),
    _held(
        "always [MASK]",
        "Every chosen token becomes [MASK] in your answer: a tenth of them should become a "
        "random word, and a tenth stay.",
        steps=(1.0, 0.0),
    ),
    _held(
        "nothing kept",
        "None of the chosen tokens stays in your answer: it is 80% [MASK], 10% random, and 10% "
        "kept as they are.",
        steps=(0.8, 0.2),
    ),
    _held(
        "nothing random",
        "None of the chosen tokens becomes a random word in your answer: it is 80% [MASK], 10% "
        "random, and 10% kept.",
        steps=(0.8, 0.0),
    ),
    _held(
        "a tenth of the rest",
        "You draw twice: a tenth of the fifth that is left is 2%, not 10%. Draw one number for "
        "each chosen token and cut it at .8 and at .9.",
        steps=(0.8, 0.02),
    ),
    _held(
        "half of the rest, of all",
        "Half of the words that you choose become [MASK], not 80%: cut one random number for "
        "each chosen token at .8 and at .9.",
        steps=(0.5, 0.25),
    ),
    _held(
        "random words may be special",
        "Your random words are drawn from all numbers, also those of special tokens: draw from "
        "the ordinary tokens, `np.setdiff1d(np.arange(vocab_size), special_ids)`.",
        draw="all",
    ),
    _held(
        "one random word for all",
        "All random places get the same word: draw one for each place (`size=...`).",
        draw="one",
    ),
    _held(
        "random words from the text",
        "Your random words come from the text itself, so frequent words come more often: draw "
        "uniformly from the ordinary tokens of the vocabulary.",
        draw="text",
    ),
    _held(
        "same places in every row",
        "You choose the same columns in every text: draw a random number for each place, with "
        "the shape of `ids`.",
        rows="same",
    ),
    _held(
        "random words above the special ones",
        "You take every number above the special ones for an ordinary token. Special tokens may "
        "have any numbers: draw from `np.setdiff1d(np.arange(vocab_size), special_ids)`.",
        draw="above",
    ),
    _held(
        "random words from the kinds of this text",
        "Your random words are all words of this text: draw from the whole vocabulary.",
        draw="kinds",
    ),
    _held(
        "frequent words never chosen",
        "The most frequent words are never chosen in your answer, so others come too often: choose "
        "each ordinary token with the same probability.",
        avoid=3,
    ),
    _held(
        "treatment by place in the batch",
        "What happens to a chosen token depends on its place in the batch: draw it for each.",
        ordered=True,
    ),
    NOT_REPEATED,
    SAME_MASK,
)
