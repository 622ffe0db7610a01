"""Ten parametric maps of the digits, each trained without one digit.

    python -m benchmarks.frozen_maps        # two CPU minutes

Writes ``data/frozen_maps.json``, read with ``helpers.frozen_maps.load_frozen_maps()``.
"""

import os
import platform
from importlib.metadata import version

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402

from helpers.frozen_maps import STORED, UNITS, split_without  # noqa: E402
from helpers.fuzzy_graph import fuzzy_graph  # noqa: E402
from helpers.parametric_umap import train_parametric  # noqa: E402
from helpers.stored import write_stored  # noqa: E402

NEIGHBOURS = 15
STEPS = 2_500


def main() -> None:
    """Train the ten networks and store all their places."""
    pixels, labels = load_digits(return_X_y=True)
    maps = []
    for missing in range(10):
        rows = split_without(labels, missing).train
        graph = fuzzy_graph(pixels[rows], NEIGHBOURS)
        frozen = train_parametric(pixels[rows], graph, steps=STEPS, seed=missing, label=None)
        maps.append(np.rint(UNITS * frozen(pixels)).astype(int).tolist())
        print(f"without {missing}: loss {frozen.losses[-100:].mean():.3f}", flush=True)
    write_stored(
        STORED,
        {
            "format": 1,
            "licence": "CC0-1.0",
            "about": "python -m benchmarks.frozen_maps",
            "machine": f"{platform.machine()}, one thread",
            "versions": {name: version(name) for name in ("numpy", "torch")},
            "settings": {"n_neighbors": NEIGHBOURS, "steps": STEPS, "units": f"1/{UNITS}"},
            "maps": maps,
        },
    )


if __name__ == "__main__":
    main()
