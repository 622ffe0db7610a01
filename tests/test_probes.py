import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from helpers.probes import (
    effective_rank,
    few_label_probe,
    knn_accuracy,
    linear_probe,
    regression_probe,
    scatter,
    spectrum,
)


@pytest.fixture
def clusters():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(4, 6))
    labels = np.arange(400) % 4
    return centres[labels] + rng.normal(size=(400, 6)), labels


def halves(vectors, labels):
    return vectors[:300], labels[:300], vectors[300:], labels[300:]


def test_knn_is_scikit_learns_on_unit_vectors(clusters):
    train, labels, test, test_labels = halves(*clusters)
    for k in (1, 7):
        nearer = 1e-6 * np.arange(k, 0, -1)
        model = KNeighborsClassifier(
            k,
            metric="cosine",
            algorithm="brute",
            weights=lambda d, nearer=nearer: 1 + nearer + 0 * d,
        )
        expected = model.fit(train, labels).score(test, test_labels)
        assert knn_accuracy(train, labels, test, test_labels, k) == pytest.approx(expected)
    assert knn_accuracy(5 * train, labels, train, labels, 1) == 1
    names = np.array(list("abcd"))
    assert knn_accuracy(train, names[labels], train, names[labels], 1) == 1


def test_linear_probe_is_ridge(clusters):
    train, labels, test, test_labels = halves(*clusters)
    scaler = StandardScaler().fit(train)
    model = RidgeClassifier(alpha=0.01 * 300).fit(scaler.transform(train), labels)
    expected = model.score(scaler.transform(test), test_labels)
    assert linear_probe(train, labels, test, test_labels, 0.01) == pytest.approx(expected)


def test_probes_take_pictures_and_constant_pixels(clusters):
    vectors, labels = clusters
    pictures = np.zeros((400, 3, 3))
    pictures[:, :2] = vectors.reshape(400, 2, 3)
    found = [linear_probe(*halves(x, labels)) for x in (vectors, pictures)]
    assert found[0] == found[1]


def test_few_labels(clusters):
    parts = halves(*clusters)
    few, many = (few_label_probe(*parts, n_labels=n) for n in (4, 200))
    assert few.shape == (5,) and few.mean() < many.mean() and many.std() < few.std()
    assert (few == few_label_probe(*parts, n_labels=4)).all()


def test_regression_probe(clusters):
    vectors, _ = clusters
    values = vectors @ np.arange(6) + 2
    assert regression_probe(*halves(vectors, values), 1e-9) == pytest.approx(1)
    noise = np.random.default_rng(1).normal(size=400)
    assert regression_probe(*halves(vectors, noise)) < 0.05


def test_scatter_adds_up(clusters):
    vectors, labels = clusters
    found = scatter(vectors, labels)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    total = np.square(unit - unit.mean(0)).sum(1).mean()
    assert found.within + found.between == pytest.approx(total)
    assert found.ratio == found.within / found.between
    tight = scatter(np.eye(4)[labels], labels)
    assert tight.within == 0 and tight.between == pytest.approx(0.75) and tight.ratio == 0


def test_spectrum_and_effective_rank():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(500, 8))
    expected = np.linalg.eigvalsh(np.cov(vectors.T, bias=True))[::-1]
    np.testing.assert_allclose(spectrum(vectors), expected)
    assert 7.9 < effective_rank(vectors) <= 8
    assert effective_rank(vectors[:, :1] * np.ones(8)) == pytest.approx(1)
    assert effective_rank(np.ones((5, 3))) == 1
    corners = np.vstack([np.eye(3), -np.eye(3)])
    assert effective_rank(corners) == pytest.approx(3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v, y: knn_accuracy(v, y[:-1], v, y), "one label for each"),
        (lambda v, y: knn_accuracy(v, y, v, y, 0), "k must be between 1 and 400"),
        (lambda v, y: linear_probe(v, 0 * y, v, y), "two classes"),
        (lambda v, y: few_label_probe(v, y, v, y, 10), "multiple of 4"),
        (lambda v, y: few_label_probe(v, y, v, y, 404), "up to 400"),
        (lambda v, y: spectrum(v[:0]), "0 vectors"),
    ],
)
def test_bad_input_is_one_clear_line(clusters, call, message):
    with pytest.raises(ValueError, match=message) as raised:
        call(*clusters)
    assert "\n" not in str(raised.value)
