"""Check of lesson 04, part C: the queue of keys."""

from collections import deque

import numpy as np

from helpers.checks.comparing import close, equal, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_QUEUE"]


def _one_by_one(queue, place, keys):
    """Put the keys in one after the other; a deque knows which one is the oldest."""
    rows = [[float(value) for value in row] for row in queue]
    oldest_first = deque([*rows[place:], *rows[:place]], maxlen=len(rows))
    for key in keys:
        oldest_first.append([float(value) for value in key])
        place = place + 1 if place + 1 < len(rows) else 0
    oldest_first.rotate(place)
    return np.array(oldest_first), place


def _queue_cases(rng, hard):
    def keys(n, d=2):
        return rng.normal(size=(n, d)).round(2)

    none = np.zeros((0, 2))
    cases = [
        Case("one key, place 0", (keys(3), 0, keys(1))),
        Case("the batch ends at the last row", (keys(4), 2, keys(2))),
        Case("the batch goes over the end", (keys(4), 3, keys(3))),
        Case("as many keys as rows", (keys(3), 1, keys(3))),
        Case("more keys than rows", (keys(3), 1, keys(5))),
        Case("twice as many keys as rows, and one", (keys(3, 1), 2, keys(7, 1))),
        Case("an empty batch", (keys(3), 2, none)),
        Case("a queue of one row", (keys(1), 0, keys(2))),
        Case("a queue of whole numbers", (np.zeros((3, 2), dtype=int), 1, keys(2))),
        Case("lists", (keys(3).tolist(), 2, keys(2).tolist())),
    ]
    if hard:
        cases += [
            Case("a larger queue", (keys(10, 4), 7, keys(6, 4))),
            Case("many times round", (keys(5, 3), 4, keys(33, 3))),
            Case("32-bit keys", (keys(6, 3).astype(np.float32), 5, keys(4).repeat(2, 1)[:, :3])),
            Case("transposed memory", (np.asfortranarray(keys(5, 3)), 0, keys(5, 3))),
        ]
    return cases


def _queue_variant(
    *, wrap="on", too_many="last", place_of=lambda place, n, size: (place + n) % size,
    start=lambda place: place, kind=float, convert=True, advance=0, reverse=False,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def push_keys(queue, place, keys):
        if not convert and isinstance(queue, list):
            raise TypeError("list indices must be integers or slices, not list")
        keys = np.asarray(keys, dtype=float)
        new = np.array(queue) if kind is None else np.array(queue, dtype=kind)
        size, n, at = len(new), len(keys), start(place)
        if n > size and too_many == "raise":
            raise ValueError("could not broadcast input array")
        if n > size and too_many == "first":
            keys = keys[:size]
        if n > size and too_many == "at place":
            keys = keys[-size:]
        keys = keys[::-1] if reverse else keys
        if wrap == "cut":
            kept = keys[: size - at]
            new[at : at + len(kept)] = kept
        elif wrap == "top" and at + len(keys) > size:
            new[: min(size, n)] = keys[-size:]
        else:
            new[(at + advance + np.arange(len(keys))) % size] = keys
        return new, place_of(place, n, size)

    return push_keys


def _append(queue, place, keys):
    both = np.concatenate([np.asarray(queue, float), np.asarray(keys, float)])
    return both[len(both) - len(queue) :], (place + len(keys)) % len(queue)


def _append_at_top(queue, place, keys):
    return _append(queue, place, keys)[0], 0


def _append_in_place(queue, place, keys):
    return _append(queue, place, keys)[0], place


def _prepend(queue, place, keys):
    both = np.concatenate([np.asarray(keys, float), np.asarray(queue, float)])
    return both[: len(queue)], (place + len(keys)) % len(queue)


X_QUEUE = Check(
    id="X-queue",
    title="A queue that goes round",
    level=2,
    minutes=20,
    points=3,
    function="push_keys",
    make_cases=_queue_cases,
    oracle=_one_by_one,
    compare=structure(close(rtol=1e-9, atol=0), equal),
    misconceptions=(
        Misconception(
            "keys that do not fit are lost",
            _queue_variant(wrap="cut"),
            "The keys that go over the last row are lost. They belong at the top: row numbers "
            "are (place + 0, 1, 2, ...) modulo the number of rows.",
        ),
        Misconception(
            "a batch that does not fit starts at the top",
            _queue_variant(wrap="top"),
            "You start at row 0 when the batch does not fit. It starts at `place` always, and only "
            "what goes over the last row continues at the top.",
        ),
        Misconception(
            "place not wrapped",
            _queue_variant(place_of=lambda place, n, size: place + n),
            "The rows are right, but the new place runs out of the queue: take it modulo the "
            "number of rows, or the next batch has nowhere to go.",
        ),
        Misconception(
            "place not moved",
            _queue_variant(place_of=lambda place, n, size: place),
            "The rows are right, but the place stays where it was: the next batch would overwrite "
            "the newest keys, not the oldest. Move it on by the number of keys.",
        ),
        Misconception(
            "place starts anew",
            _queue_variant(place_of=lambda place, n, size: n % size),
            "The new place counts from row 0. It is the *old* place plus the number of keys, "
            "modulo the number of rows.",
        ),
        Misconception(
            "always at the top",
            _queue_variant(start=lambda place: 0),
            "You always write from row 0 on. The first key goes to row `place`, where the oldest "
            "key is.",
        ),
        Misconception(
            "appended at the end",
            _append,
            "You move all rows up and append the new ones. That is a queue too, but one that "
            "copies everything; here old rows stay where they are, and the new overwrite from "
            "`place` on.",
        ),
        Misconception(
            "appended at the end, place 0",
            _append_at_top,
            "You move all rows up and append the new keys, so that the place is always 0. Here "
            "the rows do not move: only `place` does, and the new keys overwrite what is there.",
        ),
        Misconception(
            "appended at the end, place kept",
            _append_in_place,
            "You move all rows up and leave `place` as it was. Here it is the other way round: the "
            "rows stay, and `place` moves on.",
        ),
        Misconception(
            "pushed in front",
            _prepend,
            "You put the new keys in front and push the others down. Here old rows stay where they "
            "are; the new ones overwrite the oldest, from `place` on.",
        ),
        Misconception(
            "one row too far",
            _queue_variant(advance=1),
            "You start one row too far: `place` is where the *next* key goes, not where the last "
            "one went.",
        ),
        Misconception(
            "of too many, the first are kept",
            _queue_variant(too_many="first"),
            "With more keys than rows, the *last* ones must remain, as if all had been put in one "
            "after the other. You keep the first.",
        ),
        Misconception(
            "of too many, the last start at the place",
            _queue_variant(too_many="at place"),
            "With more keys than rows the last ones must stand where a loop over all keys would "
            "have put them: the first of them goes to row (place + n - Q) modulo Q.",
        ),
        Misconception(
            "place of the newest key",
            _queue_variant(place_of=lambda place, n, size: (place + n - 1) % size),
            "The rows are right. The place that you return is that of the newest key; return the "
            "one after it, where the *next* key will go.",
        ),
        Misconception(
            "place moved by the kept keys",
            _queue_variant(place_of=lambda place, n, size: (place + min(n, size)) % size),
            "With more keys than rows the place moves on by *all* of them, also those that were "
            "overwritten at once.",
        ),
        Misconception(
            "keys turned round",
            _queue_variant(reverse=True),
            "The keys stand in reverse order. The first goes to row `place`, the next below it.",
        ),
        Misconception(
            "too many refused",
            _queue_variant(too_many="raise"),
            "More keys than rows is allowed: put in one after the other, the later overwrite the "
            "earlier. Numbers of rows modulo the size do that by themselves.",
        ),
        Misconception(
            "kept as whole numbers",
            _queue_variant(kind=None),
            "A queue of whole numbers cuts off what stands behind the decimal point of the keys. "
            "Copy it as float: `np.array(queue, dtype=float)`.",
        ),
        Misconception(
            "lists not accepted",
            _queue_variant(convert=False),
            "Lists come in as well: `np.array(queue, dtype=float)` makes a copy that you may "
            "write to.",
        ),
    ),
)
