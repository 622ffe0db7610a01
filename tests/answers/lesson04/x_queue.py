"""Answers to X-queue."""

import numpy as np

CHECK = "X-queue"


def key_by_key(queue, place, keys):
    new = [list(map(float, row)) for row in queue]
    for key in keys:
        new[place] = [float(value) for value in key]
        place = (place + 1) % len(new)
    return np.array(new), place


def two_slices(queue, place, keys):
    new, keys = np.array(queue, dtype=float), np.asarray(keys, dtype=float)
    size, end = len(new), (place + len(keys)) % len(new)
    keys = keys[-size:] if len(keys) else keys
    start = (end - len(keys)) % size
    first = min(len(keys), size - start)
    new[start : start + first] = keys[:first]
    new[: len(keys) - first] = keys[first:]
    return new, end


def rolled(queue, place, keys):
    queue = np.asarray(queue, dtype=float)
    oldest_first = np.roll(queue, -place, axis=0)
    keys = np.asarray(keys, dtype=float).reshape(-1, queue.shape[1])
    kept = np.concatenate([oldest_first, keys])[len(keys) :]
    place = (place + len(keys)) % len(queue)
    return np.roll(kept, place, axis=0), place


def normalised(queue, place, keys):
    queue, place = key_by_key(queue, place, keys)
    return queue / np.linalg.norm(queue, axis=1, keepdims=True), place


def in_place(queue, place, keys):
    if isinstance(queue, np.ndarray) and queue.dtype == float:
        for key in keys:
            queue[place] = key
            place = (place + 1) % len(queue)
        return queue, place
    return key_by_key(queue, place, keys)


def only_the_queue(queue, place, keys):
    return key_by_key(queue, place, keys)[0]


def over_long_starts_at_place(queue, place, keys):
    # Keeps the last keys, but writes them from `place` on.
    new, keys = np.array(queue, dtype=float), np.asarray(keys, dtype=float)
    kept = keys[-len(new) :] if len(keys) else keys
    new[(place + np.arange(len(kept))) % len(new)] = kept
    return new, (place + len(keys)) % len(new)


def backwards(queue, place, keys):
    new = np.array(queue, dtype=float)
    for key in keys:
        new[place] = key
        place = (place - 1) % len(new)
    return new, place


def appended(queue, place, keys):
    both = [*map(list, queue), *map(list, keys)]
    return np.array(both[-len(queue) :], dtype=float), 0


RIGHT = [key_by_key, two_slices, rolled]
WRONG = [
    (normalised, "in part 1 of the result"),
    (in_place, "changed argument 1 in place"),
    (only_the_queue, "2 values should come back"),
    (over_long_starts_at_place, "(place + n - Q) modulo Q"),
    (backwards, "in part"),
    (appended, "the rows do not move"),
    (lambda queue, place, keys: (queue, place), "in part 1"),
]
SURVIVORS = {}
