"""A small masked language model: trained for longer than a lesson can wait, and with parts changed.

    python -m benchmarks.train_masked_lm      # what is missing; all of it takes 20 minutes

Writes ``data/masked_lm.json``, which lesson 03 reads: the held-out loss of a long training, what it
fills into a few gaps, three short trainings whose masks are drawn once, ten times or for each
batch, trainings of the lesson's length from other starts, and one without random and kept words.
The file is written after each of its sections, so an interrupted run goes on where it stopped.
Delete a section, or the file, to make it anew. ``data/README.md`` says what it holds.
"""

import json
import os
import platform

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402

from helpers import masked_lm as lm  # noqa: E402
from helpers.stored import write_stored  # noqa: E402

STEPS, TEST_EVERY = 4000, 200
FEW, FEW_STEPS = 3200, 1500  # 30 epochs of 50 batches
SHORT_STEPS, SHORT_TEST_EVERY, SEEDS = 200, 40, (1, 2)  # as in the lesson
SETTINGS = {
    "batch_size": 64, "few_sequences": FEW, "few_steps": FEW_STEPS, "short_steps": SHORT_STEPS,
    "seed": 1, "short_seeds": SEEDS,
}  # fmt: skip


def long_training(text, test, vectors) -> dict:
    """Train twenty times as long as the lesson; return ``curve`` and ``gaps``."""
    model = lm.small_masked_lm(text, vectors=vectors)
    curve = lm.train_masked_lm(
        model, text.train, steps=STEPS, test=test, test_every=TEST_EVERY, label="Long training"
    )
    found = {gap: lm.fill_in(model, text.words, text.ids(gap)) for gap in lm.GAPS}
    return {"curve": curve, "gaps": found}


def fixed_masks(text, test, vectors) -> dict:
    """Train on few sequences whose masks are drawn once, ten times, or for each batch."""
    specials, found = np.arange(len(lm.SPECIALS)), {}
    for name, masks in (("1", 1), ("10", 10), ("fresh", 0)):
        few = lm.small_masked_lm(text, vectors=vectors)
        lm.train_masked_lm(
            few, text.train[:FEW], steps=FEW_STEPS, fixed_masks=masks, label=f"Masks: {name}"
        )
        seen = lm.mlm_mask(
            text.train[:FEW], specials, lm.MASK, len(text.words), np.random.default_rng([1, 0])
        )
        found[name] = {
            "held_out": lm.masked_loss(few, *test),
            "first_mask": lm.masked_loss(few, *seen),
        }
    return {"fixed_masks": found}


def short_trainings(text, test, vectors) -> dict:
    """Train as the lesson does, from parts of the running start and with [MASK] only."""
    held_inputs, held_labels = lm.mlm_mask(
        text.test[lm.HELD_OUT_KINDS], np.arange(len(lm.SPECIALS)), lm.MASK, len(text.words),
        np.random.default_rng(8),
    )  # fmt: skip
    places = lm.kinds_of_places(held_inputs, held_labels)
    starts, treatments = {}, {}
    for name, start, treatment in (
        ("both", {"vectors": vectors}, (0.8, 0.1)),
        ("both", {"vectors": vectors}, (1.0, 0.0)),
        ("vectors", {"vectors": vectors, "open_layers": False}, (0.8, 0.1)),
        ("layers", {"open_layers": True}, (0.8, 0.1)),
        ("random", {}, (0.8, 0.1)),
    ):
        for seed in SEEDS:
            model = lm.small_masked_lm(text, seed=seed, **start)
            curve = lm.train_masked_lm(
                model, text.train, steps=SHORT_STEPS, seed=seed, treatment=treatment, test=test,
                test_every=SHORT_TEST_EVERY, label=f"Start: {name}, seed {seed}",
            )  # fmt: skip
            if treatment == (0.8, 0.1):
                starts.setdefault(name, {})[str(seed)] = curve
            if name == "both":
                share = "80/10/10" if treatment == (0.8, 0.1) else "100/0/0"
                treatments.setdefault(share, {})[str(seed)] = {
                    kind: lm.masked_loss(model, held_inputs, np.where(where, held_labels, -100))
                    for kind, where in places.items()
                }
    return {"starts": starts, "treatments": treatments}


SECTIONS = (
    (("curve", "gaps"), long_training),
    (("fixed_masks",), fixed_masks),
    (("starts", "treatments"), short_trainings),
)


def main() -> None:
    """Train what is missing, and write the file."""
    stored = json.loads(lm.RESULTS.read_text(encoding="utf-8")) if lm.RESULTS.exists() else {}
    kept = stored if stored.get("format") == lm.FORMAT else {}
    text = lm.mlm_text()
    test = lm.gaps(text.test[lm.HELD_OUT], len(text.words), seed=5)
    vectors = lm.word_start(text)
    found = {
        "format": lm.FORMAT,
        "licence": "CC0-1.0",
        "about": "A small masked language model; made by python -m benchmarks.train_masked_lm",
        "machine": f"{platform.machine()}, two threads",
        "settings": SETTINGS,
    }
    for names, train in SECTIONS:
        found |= (
            {name: kept[name] for name in names}
            if kept.keys() >= set(names)
            else train(text, test, vectors)
        )
        write_stored(lm.RESULTS, kept | found)


if __name__ == "__main__":
    main()
