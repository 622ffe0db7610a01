"""A small masked language model trained for longer than a lesson can wait, and with fixed masks.

    python -m benchmarks.train_masked_lm      # about a quarter of an hour on two cores

Writes ``data/masked_lm.json``, which lesson 03 reads: the held-out loss of a long training, what it
fills into a few gaps, and the losses of three short trainings whose masks are drawn once, ten times
or for each batch. What the file holds is described in ``data/README.md``.
"""

import os
import platform

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402

from helpers import masked_lm as lm  # noqa: E402
from helpers.stored import write_stored  # noqa: E402

STEPS, TEST_EVERY = 4000, 200
FEW, FEW_STEPS = 3200, 1500  # 30 epochs of 50 batches


def main() -> None:
    """Train, and write the file."""
    text = lm.mlm_text()
    test = lm.gaps(text.test[lm.HELD_OUT], len(text.words), seed=5)
    vectors = lm.word_start(text)
    model = lm.small_masked_lm(text, vectors=vectors)
    curve = lm.train_masked_lm(
        model, text.train, steps=STEPS, test=test, test_every=TEST_EVERY, label="Long training"
    )
    fixed = {}
    for name, masks in (("1", 1), ("10", 10), ("fresh", 0)):
        few = lm.small_masked_lm(text, vectors=vectors)
        lm.train_masked_lm(
            few, text.train[:FEW], steps=FEW_STEPS, fixed_masks=masks, label=f"Masks: {name}"
        )
        seen = lm.mlm_mask(
            text.train[:FEW], np.arange(len(lm.SPECIALS)), lm.MASK, len(text.words),
            np.random.default_rng([1, 0]),
        )  # fmt: skip
        fixed[name] = {
            "held_out": lm.masked_loss(few, *test),
            "first_mask": lm.masked_loss(few, *seen),
        }
    write_stored(
        lm.RESULTS,
        {
            "format": lm.FORMAT,
            "licence": "CC0-1.0",
            "about": "A small masked language model; made by python -m benchmarks.train_masked_lm",
            "machine": f"{platform.machine()}, two threads",
            "settings": {"batch_size": 64, "few_sequences": FEW, "few_steps": FEW_STEPS, "seed": 1},
            "curve": curve,
            "gaps": {gap: lm.fill_in(model, text.words, text.ids(gap)) for gap in lm.GAPS},
            "fixed_masks": fixed,
        },
    )


if __name__ == "__main__":
    main()
