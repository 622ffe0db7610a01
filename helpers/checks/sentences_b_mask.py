"""The check of X-mask: the recipe of masked language models, tested by its statistics."""

import numpy as np

from helpers.checks.comparing import as_numbers
from helpers.checks.core import Check
from helpers.checks.running import Case
from helpers.checks.sentences_b_mask_wrong import MISCONCEPTIONS, NOT_REPEATED, SAME_MASK
from helpers.checks.serial import from_plain
from helpers.checks.showing import show_value

__all__ = ["X_MASK"]

# Six standard errors for every share: a right answer practically never misses.
_ERRORS = 6
_CHOSEN, _MASKED, _RANDOM, _KEPT = 0.15, 0.8, 0.1, 0.1

# What is looked at, in the order in which it is told.
_SPECIAL = "special tokens that were changed or have a label other than -100"
_CHANGED = "places changed without a label"
_LABELS = "labels that are not the original token"
_SHARE = "share of the ordinary tokens that is chosen"
_EVEN = "share of the tokens with even numbers that is chosen"
_ODD = "share of the tokens with odd numbers that is chosen"
_TOP = "share of the ten most frequent tokens that is chosen"
_TO_MASK = "share of the chosen tokens that became [MASK]"
_TO_OTHER = "share of the chosen tokens that became another word"
_SAME = "share of the chosen tokens that was kept"
_FIRST_ROWS = "share of the chosen tokens in the first half of the rows that became [MASK]"
_LAST_ROWS = "share of the chosen tokens in the last half of the rows that became [MASK]"
_DRAWN = "random words that are special or not in the vocabulary"
_OF_TEXT = "share of the random words that occur in this text"
_LOWER = "share of the random words from the lower half of the vocabulary"
_TWINS = "chance that two random words are the same one"
_COLUMNS = "how unevenly the choice falls on the columns (1 if independent)"
_ROWS = "how unevenly the choice falls on the rows (1 if independent, 0 if exactly 15% of each)"

_COUNTS = (_SPECIAL, _CHANGED, _LABELS, _DRAWN)
_GENERATORS = ("200 texts", "the same texts and seed", "the same texts, another seed")
_PROMISE = (
    "15% of the ordinary tokens chosen; of these 80% [MASK], 10% a random word, 10% kept; labels: "
    "the original token there, -100 elsewhere"
)


def expected_shares(ids, special_ids, mask_id, vocab_size, rng):
    """Say what the recipe promises; nothing is drawn."""
    words = max(1, vocab_size - len(set(np.asarray(special_ids).tolist())))
    used = np.setdiff1d(ids, special_ids)
    return {
        _SPECIAL: 0.0,
        _CHANGED: 0.0,
        _LABELS: 0.0,
        **dict.fromkeys((_SHARE, _EVEN, _ODD, _TOP), _CHOSEN),
        **dict.fromkeys((_TO_MASK, _FIRST_ROWS, _LAST_ROWS), _MASKED),
        _TO_OTHER: _RANDOM,
        _SAME: _KEPT,
        _DRAWN: 0.0,
        _OF_TEXT: len(used) / words,
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
    if (inputs == -100).any():
        raise ValueError("`inputs` holds -100: return `inputs, labels`, in this order")
    special = np.isin(ids, special_ids)
    ordinary, chosen = ~special, labels != -100
    picked = chosen & ordinary
    masked = picked & (inputs == mask_id)
    same = picked & (inputs == ids)
    other = picked & ~masked & ~same
    drawn = inputs[other]
    words = np.setdiff1d(np.arange(vocab_size), special_ids)
    used, often = np.unique(ids[ordinary], return_counts=True)
    top = np.isin(ids, used[np.argsort(-often, kind="stable")[:10]])
    half = len(ids) // 2
    n, m, r = ordinary.sum(), picked.sum(), other.sum()
    coincidence = _RANDOM / max(1, len(words))  # A random word may be the word itself.
    found = {
        _SPECIAL: (float((special & (chosen | (inputs != ids))).sum()), 0),
        _CHANGED: (float((ordinary & ~chosen & (inputs != ids)).sum()), 0),
        _LABELS: (float((picked & (labels != ids)).sum()), 0),
        _SHARE: _share(m, n, _CHOSEN),
        **{
            what: _share((picked & where).sum(), (ordinary & where).sum(), _CHOSEN)
            for what, where in ((_EVEN, ids % 2 == 0), (_ODD, ids % 2 == 1), (_TOP, top))
        },
        _TO_MASK: _share(masked.sum(), m, _MASKED),
        _TO_OTHER: _share(other.sum(), m, _RANDOM, coincidence),
        _SAME: _share(same.sum(), m, _KEPT, coincidence),
        **{
            what: _share(masked[rows].sum(), picked[rows].sum(), _MASKED)
            for what, rows in ((_FIRST_ROWS, slice(half)), (_LAST_ROWS, slice(half, None)))
        },
        _DRAWN: (float((~np.isin(drawn, words)).sum()), 0),
    }
    if r >= 100:
        counts = np.unique(drawn, return_counts=True)[1]
        found[_OF_TEXT] = _share(np.isin(drawn, used).sum(), r, len(used) / len(words), 0.05)
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


def _apart(what, value, off, other, other_off):
    """Say how far two answers of the same kind may be apart: both have noise."""
    if what in _COUNTS:
        return 3 * np.sqrt(max(value, other)) + 3
    off, larger = 1.5 * max(off, other_off), max(value, other)
    if what == _TWINS:  # Very uneven if some words are frequent.
        return off + 0.9 * larger
    if what in (_COLUMNS, _ROWS, _OF_TEXT):
        return max(off, 0.4 * larger)
    # Never is something else than seldom; a thousandth is a random word that is the old one.
    return 0 if min(value, other) == 0 and larger > 0.01 else off


def _compare(got, expected):
    for what, (value, off) in got.items():
        if what not in expected:  # The other answer has too few such places to say.
            continue
        centre = expected[what]
        if isinstance(centre, tuple):
            off, centre = _apart(what, value, off, *centre), centre[0]
        if abs(value - centre) > off:
            shown = f"{value:,.0f}" if float(value).is_integer() else f"{value:.4f}"
            about = "0" if what in _COUNTS else f"about {centre:.4g}"
            return f"{what}: {shown}, where {about} should come out"
    return None


def _cases(rng, hard):
    def seeded(seed=None):
        return np.random.default_rng(int(rng.integers(2**32)) if seed is None else seed)

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

    def case(name, ids, special_ids, mask_id, vocab_size, seed=None):
        # The look of a generator holds an address, which differs from run to run.
        look = f"ids = {show_value(ids, 160)}"
        call = f"mask_tokens(ids, {special_ids}, {mask_id}, {vocab_size}, rng)"
        args = (ids, special_ids, mask_id, vocab_size, seeded(seed))
        return Case(name, args, show=f"{call}, {look}".replace("\n", "\n" + 17 * " "))

    many, seed = text(200, 80, 1000, few), int(rng.integers(2**31))
    cases = [
        case("nothing but special tokens", np.array([[2, 3, 0, 0]]), few, 4, 50),
        case("one short text", text(1, 12, 50, few), few, 4, 50),
        *(
            case(name, many, few, 4, 1000, own)
            for name, own in zip(_GENERATORS, (seed, seed, seed + 1), strict=True)
        ),
        case("few different words, many in the vocabulary", text(100, 120, 40, few), few, 4, 400),
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


class _MaskCheck(Check):
    """A check by shares, and of what three calls with known generators have in common."""

    def judge(self, records, seed, hard=False):
        """Judge each case, then whether the draws come from the generator."""
        verdict = super().judge(records, seed, hard)
        if not verdict.passed:
            return verdict
        outputs = {
            case.name: [as_numbers(part) for part in from_plain(record["output"])]
            for case, record in zip(self.cases(seed, hard), records, strict=True)
        }
        first, again, other = (outputs[name] for name in _GENERATORS)
        if any((a != b).any() for a, b in zip(first, again, strict=True)):
            held = NOT_REPEATED
        elif ((first[1] == -100) == (other[1] == -100)).all():
            held = SAME_MASK
        else:
            return verdict
        return self._verdict("wrong", f"{self.id}: not right yet. {held.sentence}", held.name)

    def _misconception(self, judged):
        # Beside a case that fails, these two explain nothing.
        held = super()._misconception(judged)
        return None if held in (NOT_REPEATED, SAME_MASK) else held

    def _expected_text(self, case):
        return _PROMISE


X_MASK = _MaskCheck(
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
    misconceptions=MISCONCEPTIONS,
)
