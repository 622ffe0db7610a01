"""Pictures of lesson 01's word vectors over their training, by t-SNE, for lesson 08, part 3.

    python -m benchmarks.tsne_epochs      # one or two CPU minutes

Trains the skip-gram model of lesson 01 once more, keeps the vectors of some 300 words of known
groups at 13 moments, and lays out each by t-SNE, from the place where the words were before.
Writes ``data/tsne_epochs.json``.
"""

import os
import platform

for _name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402
import sklearn  # noqa: E402
from sklearn.manifold import TSNE  # noqa: E402

from helpers import data  # noqa: E402
from helpers.anisotropy import unit_rows  # noqa: E402
from helpers.layout_quality import neighbours, procrustes  # noqa: E402
from helpers.stored import write_stored  # noqa: E402
from helpers.stored_layouts import TSNE_EPOCHS, pack  # noqa: E402
from helpers.word2vec import train_skipgram  # noqa: E402
from helpers.word_groups import known_groups  # noqa: E402

SNAPSHOTS = 13
PERPLEXITY = 15
AGAIN = (1, 2)
TRAINING = {"dim": 100, "window": 5, "negatives": 5, "epochs": 5, "lr": 0.025, "seed": 1}


def lay_out(vectors, start, seed: int = 0) -> np.ndarray:
    """Lay out one frame; a start of an earlier frame is shrunk, as scikit-learn does with PCA's."""
    if not isinstance(start, str):
        start = (start / start.std(axis=0)[0] * 1e-4).astype(np.float32)
    model = TSNE(perplexity=PERPLEXITY, init=start, random_state=seed)
    return model.fit_transform(vectors).astype(np.float64)


def purity(points, groups, k: int = 10) -> float:
    """Share of the k nearest words that are of the word's own group."""
    groups = np.asarray(groups)
    return float((groups[neighbours(points, k)] == groups[:, None]).mean())


def main() -> None:
    """Train, lay out, write."""
    vocabulary, encoded = data.corpus().encoded(min_count=5)
    words, groups = known_groups(vocabulary)
    model = train_skipgram(
        encoded, vocabulary, snapshots=SNAPSHOTS, snapshot_words=words, progress=False, **TRAINING
    )
    # What is stored is 16-bit, so that the notebook measures on the very vectors drawn here.
    vectors = [unit_rows(frame) for frame in model.snapshots["vectors"]]
    vectors[-1] = np.round(vectors[-1], 4)
    frames = []
    for frame in vectors:
        frames.append(lay_out(frame, frames[-1] if frames else "pca"))
        print(f"frame {len(frames)}: purity {purity(frame, groups):.3f}", flush=True)
    again = [lay_out(vectors[-1], "random", seed) for seed in AGAIN]
    placed = [procrustes(frames[-1], frame)[0] for frame in again]
    write_stored(
        TSNE_EPOCHS,
        {
            "format": 1,
            "licence": "CC0-1.0",
            "about": "python -m benchmarks.tsne_epochs",
            "machine": f"{platform.machine()}, one thread",
            "versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
            "settings": {"training": TRAINING, "perplexity": PERPLEXITY, "again": AGAIN},
            "words": words,
            "groups": groups,
            "progress": [round(float(share), 4) for share in model.snapshots["progress"]],
            "purity": [round(purity(frame, groups), 4) for frame in vectors],
            "frames": [pack(frame) for frame in frames],
            "again": [pack(frame) for frame in placed],
            "vectors": pack(vectors[-1]),
        },
    )


if __name__ == "__main__":
    main()
