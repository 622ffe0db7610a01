"""The check of X-mask: the recipe of masked language models, tested by its statistics."""

import numpy as np

from helpers.checks.comparing import as_numbers
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case
from helpers.checks.showing import show_value

__all__ = ["X_MASK"]

# Six standard errors for every share: a right answer misses one in a billion times.
_ERRORS = 6
_CHOSEN, _MASKED, _RANDOM, _KEPT = 0.15, 0.8, 0.1, 0.1

# What is looked at, in the order in which it is told.
_SPECIAL = "special tokens that were chosen or changed"
_CHANGED = "places changed without a label"
_LABELS = "labels that are not the original token"
_SHARE = "share of the ordinary tokens that is chosen"
_TO_MASK = "share of the chosen tokens that became [MASK]"
_TO_OTHER = "share of the chosen tokens that became another word"
_SAME = "share of the chosen tokens that was kept"
_DRAWN = "random words that are special or not in the vocabulary"
_LOWER = "share of the random words from the lower half of the vocabulary"
_TWINS = "chance that two random words are the same one"
_COLUMNS = "how unevenly the choice falls on the columns (1 if independent)"
_ROWS = "how unevenly the choice falls on the rows (1 if independent, 0 if exactly 15% of each)"


def expected_shares(ids, special_ids, mask_id, vocab_size, rng):
    """Say what the recipe promises; nothing is drawn."""
    words = max(1, vocab_size - len(set(np.asarray(special_ids).tolist())))
    return {
        _SPECIAL: 0.0,
        _CHANGED: 0.0,
        _LABELS: 0.0,
        _SHARE: _CHOSEN,
        _TO_MASK: _MASKED,
        _TO_OTHER: _RANDOM,
        _SAME: _KEPT,
        _DRAWN: 0.0,
        _LOWER: 0.5,
        _TWINS: 1 / words,
        _COLUMNS: 1.0,
        _ROWS: 1.0,
    }


def _share(hits, n, p, slack=0.0):
    """Return a share and how far it may be from p by chance; too few places say nothing."""
    return (hits / n, _ERRORS * np.sqrt(p * (1 - p) / n) + slack) if n >= 100 else None


def _spread(chosen, ordinary, axis, low):
    """Return the variance of the counts along an axis over that of independent choices."""
    n, k = ordinary.sum(axis=axis), chosen.sum(axis=axis)
    p = chosen.sum() / ordinary.sum()
    used = n * p * (1 - p) > 0
    if used.sum() < 50:
        return None
    ratio = ((k - n * p)[used] ** 2 / (n * p * (1 - p))[used]).mean()
    return (ratio, 1.05) if low else (ratio, 0.9 if ratio < 1 else 1.2)


def look(case, output):
    """Turn inputs and labels into {what: (value, how far it may be off)}."""
    ids, special_ids, mask_id, vocab_size, _ = case.args
    if not isinstance(output, list | tuple) or len(output) != 2:
        raise ValueError("return two arrays, `return inputs, labels`, both of the shape of `ids`")
    inputs, labels = (as_numbers(part) for part in output)
    for name, part in (("inputs", inputs), ("labels", labels)):
        if part is None or part.dtype.kind not in "iu":
            raise ValueError(f"`{name}` should be an array of whole numbers (token numbers)")
        if part.shape != ids.shape:
            raise ValueError(f"`{name}` should have the shape of `ids`, {ids.shape}")
    special = np.isin(ids, special_ids)
    ordinary, chosen = ~special, labels != -100
    picked = chosen & ordinary
    masked = picked & (inputs == mask_id)
    same = picked & (inputs == ids)
    other = picked & ~masked & ~same
    drawn = inputs[other]
    words = np.setdiff1d(np.arange(vocab_size), special_ids)
    n, m, r = ordinary.sum(), picked.sum(), other.sum()
    coincidence = _RANDOM / max(1, len(words))  # A random word may be the word itself.
    found = {
        _SPECIAL: (float((special & (chosen | (inputs != ids))).sum()), 0),
        _CHANGED: (float((ordinary & ~chosen & (inputs != ids)).sum()), 0),
        _LABELS: (float((picked & (labels != ids)).sum()), 0),
        _SHARE: _share(m, n, _CHOSEN),
        _TO_MASK: _share(masked.sum(), m, _MASKED),
        _TO_OTHER: _share(other.sum(), m, _RANDOM, coincidence),
        _SAME: _share(same.sum(), m, _KEPT, coincidence),
        _DRAWN: (float((~np.isin(drawn, words)).sum()), 0),
    }
    if r >= 100:
        counts = np.unique(drawn, return_counts=True)[1]
        lower = np.isin(drawn, words[: len(words) // 2]).sum()
        found[_LOWER] = _share(lower, r, 0.5, 1 / len(words))
        found[_TWINS] = (
            (counts * (counts - 1)).sum() / (r * (r - 1)),
            3 / len(words) + 20 / (r * (r - 1)),
        )
    if m >= 200:
        found[_COLUMNS] = _spread(picked, ordinary, 0, False)
        found[_ROWS] = _spread(picked, ordinary, 1, True)
    return {what: seen for what, seen in found.items() if seen is not None}


def _compare(got, expected):
    for what, (value, off) in got.items():
        if what not in expected:
            return f"{what} cannot be compared"
        centre = expected[what]
        if isinstance(centre, tuple):  # Two answers, both with noise.
            centre, off = centre[0], 1.5 * max(off, centre[1])
            if (value == 0) != (centre == 0):  # Never is something else than seldom.
                off = 0
            if what in (_SPECIAL, _CHANGED, _LABELS, _DRAWN):
                off = 0.25 * centre
            elif what in (_COLUMNS, _ROWS, _TWINS):
                off = max(off, 0.4 * centre)
        if abs(value - centre) > off:
            shown = f"{value:,.0f}" if float(value).is_integer() else f"{value:.4f}"
            return f"{what}: {shown}, where about {centre:.4g} should come out"
    if isinstance(next(iter(expected.values()), 0.0), tuple) and set(got) != set(expected):
        return "other things can be measured"
    return None


def _cases(rng, hard):
    def seeded():
        return np.random.default_rng(int(rng.integers(2**32)))

    def text(rows, length, vocab_size, specials, padding=True):
        words = np.setdiff1d(np.arange(vocab_size), specials)
        # Low numbers are frequent, as in a vocabulary sorted by counts.
        ids = words[(len(words) * rng.random((rows, length)) ** 3).astype(int)]
        if padding:
            ends = rng.integers(length // 2, length + 1, size=rows)
            ids[np.arange(length) >= ends[:, None]] = specials[0]
            ids[:, 0] = specials[-2]
        return ids

    few, bert, small = [0, 1, 2, 3, 4], [0, 100, 101, 102, 103], [0, 9, 10, 11]

    def case(name, ids, special_ids, mask_id, vocab_size):
        # The look of a generator holds an address, which differs from run to run.
        look = f"ids = {show_value(ids, 160)}"
        call = f"mask_tokens(ids, {special_ids}, {mask_id}, {vocab_size}, rng)"
        args = (ids, special_ids, mask_id, vocab_size, seeded())
        return Case(name, args, show=f"{call}, {look}".replace("\n", "\n" + 17 * " "))

    cases = [
        case("nothing but special tokens", np.array([[2, 3, 0, 0]]), few, 4, 50),
        case("one short text", text(1, 12, 50, few), few, 4, 50),
        case("200 texts of up to 80 tokens, padded", text(200, 80, 1000, few), few, 4, 1000),
        case(
            "BERT's numbers: 30,522 tokens, [MASK] is 103",
            text(160, 100, 30522, bert),
            np.array(bert),
            103,
            30522,
        ),
        case("a vocabulary of 12", text(120, 100, 12, small), small, 11, 12),
        case(
            "int32, not contiguous, no padding",
            np.asfortranarray(text(100, 160, 500, few, False).astype(np.int32)),
            few,
            4,
            500,
        ),
    ]
    if hard:
        cases += [
            case("many short texts", text(1500, 12, 400, few), few, 4, 400),
            case("a few long texts", text(60, 300, 2000, bert), bert, 103, 2000),
            case("one token", np.array([[7]]), few, 4, 50),
        ]
    return cases


def _answer(
    rate=_CHOSEN, steps=(_MASKED, _RANDOM), special=False, labels="chosen", draw="words",
    rows="each", copy=True, blank=-100, of_all=False,
):  # fmt: skip
    """Make an answer with room for the ways to get it wrong."""

    def answer(ids, special_ids, mask_id, vocab_size, rng):
        shape = ids.shape
        may = np.ones(shape, dtype=bool) if special else ~np.isin(ids, special_ids)
        chance = np.broadcast_to(rng.random(shape[1:] if rows == "same" else shape), shape)
        chosen = (chance < rate) & may
        if of_all:
            chosen = may
        action = rng.random(shape)
        masked = chosen & (action < steps[0])
        random = chosen & (action >= steps[0]) & (action < sum(steps))
        words = np.setdiff1d(np.arange(vocab_size), special_ids)
        drawn = {
            "words": lambda: rng.choice(words, size=shape),
            "all": lambda: rng.integers(0, vocab_size, size=shape),
            "one": lambda: np.full(shape, rng.choice(words)),
            "text": lambda: rng.choice(ids[may] if may.any() else words, size=shape),
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


X_MASK = Check(
    id="X-mask",
    title="Mask as BERT does",
    level=2,
    minutes=20,
    points=3,
    function="mask_tokens",
    make_cases=_cases,
    oracle=expected_shares,
    compare=_compare,
    view=look,
    misconceptions=(
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
    ),
)
