"""How well pictures find their names, names their pictures, and prompts their groups.

References
----------
Radford et al. (2021), "Learning Transferable Visual Models From Natural Language Supervision".
Liang et al. (2022), "Mind the Gap: Understanding the Modality Gap in Multi-modal Contrastive
Representation Learning".
"""

from pathlib import Path

import numpy as np

from helpers import data
from helpers.captioned_images import picture_vectors, text_vectors
from helpers.image_training import Run

__all__ = [
    "PROMPTS",
    "PROMPT_SETS",
    "RESULTS",
    "caption_scores",
    "caption_split",
    "modality_gap",
    "prompt_means",
    "recall_at",
]

RESULTS = Path(__file__).parent.parent / "data" / "contrastive_text.json"
PROMPTS = tuple(group for group in data.EMOJI_GROUPS if group != "other")
# Written with the list of names at hand, those of test pictures too; no score was looked at.
PROMPT_SETS = {
    "flag": ("flag", "flag: france"),
    "face": ("face", "smiling face", "sad face", "angry face"),
    "heart": ("heart", "red heart"),
    "clock": ("clock", "one o’clock", "six-thirty"),
    "person": ("person", "man", "woman", "man running", "woman with hair"),
    "hand": ("hand", "pointing finger", "raised hand"),
    "arrow": ("arrow", "right arrow"),
    "square or circle": ("square", "circle", "red circle"),
    "button or sign": ("button", "sign", "no entry"),
}


def caption_split(emoji: data.EmojiImages, seed: int = 1, n_test: int = 300):
    """Split pictures at random.

    Returns
    -------
    train, test : ndarray of int
    """
    order = np.random.default_rng(seed).permutation(len(emoji.images))
    return order[n_test:], order[:n_test]


def recall_at(k: int, queries, items) -> np.ndarray:
    """Tell for each query whether its own item is among the k nearest.

    Parameters
    ----------
    k : int
    queries, items : array_like (n, d)
        Row i of one belongs to row i of the other; scores are dot products.

    Returns
    -------
    ndarray (n,) of bool
        An item that ties with others counts as behind them.

    Raises
    ------
    ValueError
        If the shapes differ, or k is not positive.
    """
    queries, items = np.asarray(queries), np.asarray(items)
    if queries.ndim != 2 or queries.shape != items.shape or k < 1:
        raise ValueError(
            f"queries and items must be (n, d) alike and k positive: {queries.shape}, "
            f"{items.shape}, {k}."
        )
    scores = queries @ items.T
    return (scores >= np.diag(scores)[:, None]).sum(1) <= k


def prompt_means(run: Run) -> np.ndarray:
    """Give each group of :data:`PROMPT_SETS` the mean of its prompts as a unit vector, (9, dim)."""
    means = np.array([text_vectors(run, texts).mean(0) for texts in PROMPT_SETS.values()])
    return means / np.linalg.norm(means, axis=1, keepdims=True)


def caption_scores(run: Run, emoji: data.EmojiImages, test) -> dict[str, float]:
    """Score encoders on pictures that were not trained on.

    Parameters
    ----------
    run : Run
        From :func:`train_captioned`.
    emoji : EmojiImages
    test : ndarray (n,) of int
        Which ones.

    Returns
    -------
    dict of str to float
        `to_text` and `to_picture`, recall@10 among the n; the former for flags alone, `flags`;
        `zero_shot`, the share of the pictures with a group for which the group's name is the
        nearest of :data:`PROMPTS`, `several`, the same with :data:`PROMPT_SETS`, and `majority`,
        the share of the largest group; `gap`; `positive`, the mean cosine of a pair.
    """
    a = picture_vectors(run, emoji.images[test])
    b = text_vectors(run, [emoji.captions[i] for i in test])
    groups = emoji.groups[test]
    named = groups != "other"
    right = {
        name: (np.array(PROMPTS)[(a @ heads.T).argmax(1)] == groups)[named]
        for name, heads in (("one", text_vectors(run, PROMPTS)), ("several", prompt_means(run)))
    }
    found = recall_at(10, a, b)
    return {
        "to_text": float(found.mean()),
        "to_picture": float(recall_at(10, b, a).mean()),
        "flags": float(found[groups == "flag"].mean()),
        "zero_shot": float(right["one"].mean()),
        "several": float(right["several"].mean()),
        "majority": float(np.unique(groups[named], return_counts=True)[1].max() / named.sum()),
        "gap": modality_gap(a, b),
        "positive": float((a * b).sum(1).mean()),
    }


def modality_gap(a, b) -> float:
    """Measure the distance between the means of two sets of unit vectors (Liang et al. 2022)."""
    return float(np.linalg.norm(np.mean(a, axis=0) - np.mean(b, axis=0)))
