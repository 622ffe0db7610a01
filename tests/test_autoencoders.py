"""Linear and nonlinear autoencoders."""

import numpy as np
import pytest

from helpers.autoencoders import train_autoencoder
from helpers.whitening import principal_axes


def cloud(n=300):
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    return rng.normal(size=(n, 6)) * [3, 2, 0.5, 0.4, 0.3, 0.2] @ turn + 5


def test_linear_one_finds_the_subspace_of_pca():
    vectors = cloud()
    axes = principal_axes(vectors).directions[:, :2]
    model = train_autoencoder(vectors, 2, steps=1500)
    columns = np.linalg.qr(model.decoder.weight.detach().numpy())[0]
    assert np.linalg.svd(axes.T @ columns)[1].min() > 0.999
    mean = vectors.mean(axis=0)
    wanted = (vectors - mean) @ axes @ axes.T + mean
    assert np.abs(model.rebuild(vectors) - wanted).max() < 0.1
    assert model.encode(vectors).shape == (300, 2)


def test_nonlinear_one_follows_a_circle_that_a_line_cannot():
    angle = np.random.default_rng(0).uniform(0, 5, 500)
    vectors = np.column_stack([np.cos(angle), np.sin(angle)])
    error = [
        np.square(train_autoencoder(vectors, 1, hidden, steps=400).rebuild(vectors) - vectors).sum()
        for hidden in (None, 16)
    ]
    assert error[1] < 0.3 * error[0]


def test_same_seed_same_model_and_errors():
    vectors = cloud(50)
    one, two, other = (train_autoencoder(vectors, 2, 8, seed, steps=5) for seed in (0, 0, 1))
    assert np.array_equal(one.encode(vectors), two.encode(vectors))
    assert not np.array_equal(one.encode(vectors), other.encode(vectors))
    with pytest.raises(ValueError, match="k and steps at least 1"):
        train_autoencoder(vectors, 0)
