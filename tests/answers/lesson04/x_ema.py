"""Answers to X-ema."""

from collections import OrderedDict

import numpy as np
import torch

CHECK = "X-ema"


def step_towards(slow, fast, momentum):
    new = {}
    for name, old in slow.items():
        now = np.asarray(fast[name])
        whole = np.issubdtype(np.asarray(old).dtype, np.integer)
        new[name] = now.copy() if whole else old + (1 - momentum) * (now - old)
    return new


def in_torch(slow, fast, momentum):
    new = {}
    for name, old in slow.items():
        a, b = torch.as_tensor(np.array(old)), torch.as_tensor(np.array(fast[name]))
        new[name] = torch.lerp(b, a, momentum) if a.is_floating_point() else b
    return new


def truncated(slow, fast, momentum):
    def mixed(old, now):
        return (momentum * old + (1 - momentum) * now).astype(np.asarray(old).dtype)

    return {name: mixed(np.asarray(old), fast[name]) for name, old in slow.items()}


def in_place(slow, fast, momentum):
    for name, old in slow.items():
        if np.asarray(old).dtype.kind == "i" or not np.ndim(old):
            slow[name] = step_towards(slow, fast, momentum)[name]
        else:
            old *= momentum
            old += (1 - momentum) * fast[name]
    return slow


def values_only(slow, fast, momentum):
    return list(step_towards(slow, fast, momentum).values())


def squared(slow, fast, momentum):
    return step_towards(slow, fast, momentum**2)


def rounded(slow, fast, momentum):
    return {name: np.round(v, 2) for name, v in step_towards(slow, fast, momentum).items()}


def larger_count(slow, fast, momentum):
    new = step_towards(slow, fast, momentum)
    counts = [name for name in new if np.asarray(slow[name]).dtype.kind == "i"]
    return new | {name: np.maximum(slow[name], fast[name]) for name in counts}


def counts_by_name(slow, fast, momentum):
    return {
        name: fast[name] if name in ("batches", "n") else momentum * old
        + (1 - momentum) * fast[name]
        for name, old in slow.items()
    }  # fmt: skip


def exchanged(slow, fast, momentum):
    return {name: (1 - momentum) * old + momentum * fast[name] for name, old in slow.items()}


def ordered(slow, fast, momentum):
    return OrderedDict(step_towards(slow, fast, momentum))


RIGHT = [step_towards, in_torch]
WRONG = [
    (truncated, "under 'batches'"),
    (in_place, "changed argument 1 in place"),
    (values_only, "a dict of arrays should come back"),
    (squared, "under"),
    (larger_count, "also where they are smaller"),
    (counts_by_name, "under 'batches'"),
    (exchanged, "keeps the share `momentum`"),
    (ordered, "plain dict"),
    (rounded, "under"),
    (lambda slow, fast, momentum: {}, "missing"),
]
SURVIVORS = {}
