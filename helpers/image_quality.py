"""What image embeddings are worth, and what they know: the tests of lesson 04, and stored runs.

The stored figures are made by ``python -m benchmarks.contrastive_images``.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from helpers.augmentations import Augmentations, affine, brighten
from helpers.contrastive import alignment, uniformity
from helpers.image_training import Run
from helpers.probes import few_label_probe, knn_accuracy, linear_probe, scatter
from helpers.stored import read_stored
from helpers.vision import embed, pixels

__all__ = [
    "FACTORS",
    "TESTS",
    "flat",
    "load_image_runs",
    "moved",
    "network_of_z",
    "quality",
    "repeated_views",
    "scatter_shares",
    "two_view_scores",
    "views_with_factors",
]

FACTORS = ("turn", "zoom", "shift right", "shift down", "brightness")
TESTS = ("few", "linear", "moved")
STORED = Path(__file__).parent.parent / "data" / "contrastive_images.json"


def moved(images, seed: int = 7) -> Tensor:
    """Shift, turn and zoom each image at random, as SimCLR's views are; brightness stays.

    Parameters
    ----------
    images : array_like (n, h, w), uint8
    seed : int

    Returns
    -------
    Tensor (n, 1, h, w)
    """
    generator = torch.Generator().manual_seed(seed)
    return Augmentations().only("shift", "rotation", "crop")(pixels(images), generator)


def flat(images) -> np.ndarray:
    """Raw pixels as an embedding: images or tensors (n, ...) as rows (n, pixels) in [0, 1]."""
    return (images if isinstance(images, Tensor) else pixels(images)).flatten(1).numpy()


def network_of_z(run: Run) -> nn.Module:
    """Return encoder and head of a run as one network, whose output is z."""
    return nn.Sequential(run.encoder, run.head)


def quality(encode: Callable, train, train_labels, test, test_labels) -> dict[str, float]:
    """Test an embedding by labels that it has not seen.

    Parameters
    ----------
    encode : callable or Module
        A network, or a function from images to rows, such as :func:`flat`.
    train, test : ndarray (n, h, w), (m, h, w), uint8
    train_labels, test_labels : ndarray (n,), (m,)

    Returns
    -------
    dict of str to float
        ``few``: accuracy of logistic regression on 200 labels, mean of five draws (for fewer than
        ten classes, 20 labels each). ``linear``: of a ridge classifier on all. ``moved``: share
        of test images, shifted, turned and zoomed, whose 20 nearest training images (not moved)
        have their label.
    """
    rows = _as_function(encode)
    h_train, h_test = rows(train), rows(test)
    labels = h_train, train_labels, h_test, test_labels
    return {
        "few": float(few_label_probe(*labels, 20 * len(np.unique(train_labels))).mean()),
        "linear": linear_probe(*labels),
        "moved": knn_accuracy(h_train, train_labels, rows(moved(test)), test_labels),
    }


def views_with_factors(images, seed: int) -> tuple[Tensor, np.ndarray]:
    """Change each image by known amounts: what was done to it is the factor to probe for.

    Parameters
    ----------
    images : ndarray (n, h, w), uint8
    seed : int

    Returns
    -------
    views : Tensor (n, 1, h, w)
    factors : ndarray (n, 5)
        One column for each of `FACTORS`: degrees, logarithm of the zoom, shifts as shares of the
        width, and the factor that the brightness was multiplied by, 0.6 to 1.
    """
    draws = np.random.default_rng(seed).uniform(-1, 1, (len(images), 5)).astype(np.float32)
    factors = draws * np.float32([20, -np.log(0.7), 0.15, 0.15, 0.2]) + np.float32(
        [0, 0, 0, 0, 0.8]
    )
    turn, zoom, right, down, light = torch.from_numpy(factors).T
    views = brighten(affine(pixels(images), turn, zoom.exp(), right, down), light)
    return views, factors.astype(np.float64)


def repeated_views(images, views: int = 4, seed: int = 11) -> Tensor:
    """Make several random views of each image, with all of SimCLR's transformations.

    Parameters
    ----------
    images : ndarray (n, h, w), uint8
    views : int
    seed : int

    Returns
    -------
    Tensor (n * views, 1, h, w)
        The views of the first image first.
    """
    generator = torch.Generator().manual_seed(seed)
    return Augmentations()(pixels(images).repeat_interleave(views, 0), generator)


def two_view_scores(encode: Callable, images) -> dict[str, float]:
    """Measure alignment and uniformity on two random views of each image.

    Parameters
    ----------
    encode : callable or Module
        As for :func:`quality`. A network is measured in evaluation mode, in which batch
        normalisation uses its running means: in training mode it spreads any batch.
    images : ndarray (n, h, w), uint8

    Returns
    -------
    dict of str to float
        ``alignment`` of the twins, and ``uniformity`` of one view of each image.
    """
    twins = torch.from_numpy(_as_function(encode)(repeated_views(images, 2)))
    first, second = twins[0::2], twins[1::2]
    return {
        "alignment": alignment(first, second).item(),
        "uniformity": uniformity(first).item(),
    }


def scatter_shares(vectors, labels, views: int) -> dict[str, float]:
    """Split the scatter of views, scaled to length 1, by where it comes from.

    Parameters
    ----------
    vectors : ndarray (n * views, d)
        Of the views that :func:`repeated_views` makes: those of the first image first.
    labels : ndarray (n,)
        One for each image.
    views : int
        Of each image.

    Returns
    -------
    dict of str to float
        Shares of the mean squared distance to the overall mean: ``view`` (of the views to the mean
        of their image), ``image`` (of these to the mean of their class), ``class`` (of these to
        the overall mean). They add up to 1.
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    by_image = scatter(unit, np.repeat(np.arange(len(labels)), views))
    means = unit.reshape(len(labels), views, -1).mean(1)
    classes, of = np.unique(labels, return_inverse=True)
    class_means = np.stack([means[of == c].mean(0) for c in range(len(classes))])
    between = np.square(class_means[of] - means.mean(0)).sum(1).mean()
    total = by_image.within + by_image.between
    parts = by_image.within, by_image.between - between, between
    return dict(zip(("view", "image", "class"), (float(p / total) for p in parts), strict=True))


def load_image_runs() -> dict:
    """Read the stored trainings.

    Raises
    ------
    ValueError
        If the file is missing or damaged.
    """
    again = "restore it from the repository, or run `python -m benchmarks.contrastive_images`"
    return read_stored(STORED, 1, {"settings", "runs"}, again)


def _as_function(encode: Callable) -> Callable:
    return (lambda images: embed(encode, images)) if isinstance(encode, nn.Module) else encode
