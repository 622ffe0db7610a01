"""What an embedding is worth: simple readers of frozen vectors, and the shape of the space.

References
----------
Chen et al. (2020), "A Simple Framework for Contrastive Learning of Visual Representations"
(linear evaluation, few labels). Roy & Vetterli (2007), "The effective rank". Jing et al. (2022),
"Understanding Dimensional Collapse in Contrastive Self-supervised Learning" (the spectrum).
"""

from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

__all__ = [
    "Scatter",
    "effective_count",
    "effective_rank",
    "few_label_probe",
    "knn_accuracy",
    "linear_probe",
    "regression_probe",
    "scatter",
    "spectrum",
]


class Scatter(NamedTuple):
    """Mean squared distances: of vectors to their class mean, of class means to the mean."""

    within: float
    between: float

    @property
    def ratio(self) -> float:
        """Within / between; smaller means tighter classes."""
        return self.within / self.between if self.between else float("inf")


def knn_accuracy(train, train_labels, test, test_labels, k: int = 20) -> float:
    """Share of test vectors whose label most of their k nearest neighbours by cosine have.

    Parameters
    ----------
    train, test : array_like (n, d), (m, d)
        Images of any shape are flattened.
    train_labels, test_labels : array_like (n,), (m,)
    k : int
        Among classes with equal votes, the one whose voters are nearer in rank wins.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If lengths do not fit, or k is not between 1 and n.
    """
    train, train_labels = _checked(train, train_labels)
    test, test_labels = _checked(test, test_labels)
    if not 1 <= k <= len(train):
        raise ValueError(f"k must be between 1 and {len(train)}, not {k}.")
    train, test = _unit(train), _unit(test)
    classes, train_labels = np.unique(train_labels, return_inverse=True)
    # A little more weight for nearer neighbours, too little to overrule a vote.
    weights = 1 + np.linspace(1, 0, k, endpoint=False) / (k + 1) ** 2
    right = 0
    for start in range(0, len(test), 1000):
        scores = test[start : start + 1000] @ train.T
        near = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(scores, near, 1), axis=1, kind="stable")
        labels = train_labels[np.take_along_axis(near, order, 1)]
        votes = np.zeros((len(labels), len(classes)))
        np.add.at(votes, (np.arange(len(labels))[:, None], labels), weights)
        right += (classes[votes.argmax(1)] == test_labels[start : start + 1000]).sum()
    return float(right / len(test))


def linear_probe(train, train_labels, test, test_labels, penalty: float = 1e-3) -> float:
    """Accuracy of a ridge classifier on frozen vectors: fast, exact, nothing to tune.

    Least squares on +1 for the right class and -1 for the others, on standardised coordinates.

    Parameters
    ----------
    train, train_labels, test, test_labels
        As for :func:`knn_accuracy`.
    penalty : float
        Of the squared weights, times n.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If lengths do not fit, or there is one class only.
    """
    train, train_labels = _checked(train, train_labels)
    test, test_labels = _checked(test, test_labels)
    classes, target = np.unique(train_labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError("a probe needs at least two classes in the training labels.")
    targets = np.where(np.arange(len(classes)) == target[:, None], 1.0, -1.0)
    guess = _ridge(train, targets, test, penalty)
    return float((classes[guess.argmax(1)] == test_labels).mean())


def regression_probe(train, train_values, test, test_values, penalty: float = 1e-3) -> float:
    """R^2 on the test set of a ridge regression: how well a number can be read from vectors.

    Parameters
    ----------
    train, test
        As for :func:`knn_accuracy`.
    train_values, test_values : array_like (n,), (m,)
        For example by how many degrees each image was turned.
    penalty : float
        As for :func:`linear_probe`.

    Returns
    -------
    float
        1 for perfect, 0 for no better than the mean; may be negative.

    Raises
    ------
    ValueError
        If lengths do not fit.
    """
    train, train_values = _checked(train, train_values)
    test, test_values = _checked(test, test_values)
    guess = _ridge(train, np.asarray(train_values, float)[:, None], test, penalty)[:, 0]
    residual = np.square(test_values - guess).sum()
    return float(1 - residual / np.square(test_values - test_values.mean()).sum())


def few_label_probe(
    train, train_labels, test, test_labels, n_labels: int = 200, seeds=(0, 1, 2, 3, 4)
) -> np.ndarray:
    """Accuracy of logistic regression on a few labelled vectors, the same number of each class.

    Parameters
    ----------
    train, train_labels, test, test_labels
        As for :func:`knn_accuracy`.
    n_labels : int
        Labels in all; a multiple of the number of classes.
    seeds : sequence of int
        Each draws other vectors: embeddings are compared on the same draws.

    Returns
    -------
    ndarray (len(seeds),)
        One accuracy a seed.

    Raises
    ------
    ValueError
        If lengths do not fit, or a class has too few vectors.
    """
    train, train_labels = _checked(train, train_labels)
    test, test_labels = _checked(test, test_labels)
    classes, counts = np.unique(train_labels, return_counts=True)
    each, rest = divmod(n_labels, len(classes))
    if rest or not 1 <= each <= counts.min():
        raise ValueError(
            f"n_labels must be a multiple of {len(classes)}, up to "
            f"{len(classes) * counts.min()}, not {n_labels}."
        )
    accuracies = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        rows = np.concatenate(
            [rng.permutation(np.flatnonzero(train_labels == label))[:each] for label in classes]
        )
        scaler = StandardScaler().fit(train[rows])
        model = LogisticRegression(C=0.1, max_iter=1000, tol=1e-3)
        model.fit(scaler.transform(train[rows]), train_labels[rows])
        accuracies.append(model.score(scaler.transform(test), test_labels))
    return np.array(accuracies)


def scatter(vectors, labels) -> Scatter:
    """Measure the scatter within and between classes, of vectors scaled to length 1.

    Parameters
    ----------
    vectors : array_like (n, d)
    labels : array_like (n,)

    Returns
    -------
    Scatter
        within + between is the mean squared distance to the overall mean.

    Raises
    ------
    ValueError
        If lengths do not fit.
    """
    vectors, labels = _checked(vectors, labels)
    vectors = _unit(vectors)
    _, labels, counts = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.zeros((len(counts), vectors.shape[1]))
    np.add.at(means, labels, vectors)
    means /= counts[:, None]
    within = np.square(vectors - means[labels]).sum(1).mean()
    between = np.square(means - vectors.mean(0)).sum(1) @ counts / len(vectors)
    return Scatter(float(within), float(between))


def spectrum(vectors) -> np.ndarray:
    """Variances along the principal axes, largest first.

    Parameters
    ----------
    vectors : array_like (n, d)
        Taken as they are.

    Returns
    -------
    ndarray (min(n, d),), float64
        Eigenvalues of the covariance matrix. A drop to nothing is dimensional collapse.

    Raises
    ------
    ValueError
        If there is no row.
    """
    vectors, _ = _checked(vectors, np.zeros(len(vectors)))
    return np.linalg.svd(vectors - vectors.mean(0), compute_uv=False) ** 2 / len(vectors)


def effective_rank(vectors) -> float:
    """Exponential of the entropy of the spectrum's shares: how many axes are in use.

    Parameters
    ----------
    vectors : array_like (n, d)

    Returns
    -------
    float
        d if all axes have the same variance, 1 if one has it all (or nothing varies).

    Raises
    ------
    ValueError
        If there is no row.
    """
    return effective_count(spectrum(vectors))


def effective_count(amounts) -> float:
    """Exponential of the entropy of the amounts' shares: by how many they are carried.

    Parameters
    ----------
    amounts : ndarray (n,)
        Not negative.

    Returns
    -------
    float
        n if all are equal, 1 if one has everything (or all are 0).
    """
    if not amounts.sum() > 0:
        return 1.0
    shares = amounts / amounts.sum()
    shares = shares[shares > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _checked(vectors, labels) -> tuple[np.ndarray, np.ndarray]:
    vectors, labels = np.asarray(vectors, dtype=np.float64), np.asarray(labels)
    if not len(vectors) or labels.shape != (len(vectors),):
        raise ValueError(
            f"give one label for each vector, but there are {len(vectors)} vectors and labels of "
            f"shape {labels.shape}."
        )
    return vectors.reshape(len(vectors), -1), labels


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _ridge(train, targets, test, penalty) -> np.ndarray:
    mean, spread = train.mean(0), train.std(0)
    spread = np.where(spread > 1e-12, spread, 1.0)
    train, test = (train - mean) / spread, (test - mean) / spread
    gram = train.T @ train / len(train) + penalty * np.eye(train.shape[1])
    weights = np.linalg.solve(gram, train.T @ (targets - targets.mean(0)) / len(train))
    return test @ weights + targets.mean(0)
