import math

import numpy as np
import pytest
import torch
from torch import nn

from helpers import data
from helpers.augmentations import Augmentations
from helpers.image_peers import train_autoencoder, train_supervised
from helpers.image_training import seeded_encoder
from helpers.momentum import FifoQueue, momentum_update
from helpers.probes import few_label_probe, knn_accuracy
from helpers.self_supervised import train_barlow, train_byol, train_moco, train_simclr
from helpers.vision import ProjectionHead, SmallDecoder, SmallEncoder, embed, pixels

FOUR = {
    "simclr": train_simclr, "moco": train_moco, "byol": train_byol, "barlow": train_barlow,
}  # fmt: skip
QUICK = {"epochs": 1, "batch_size": 64, "label": None}
GENTLE = Augmentations(shift=0.1, crop=0.15, rotation=10)


@pytest.fixture(scope="module")
def digits():
    return data.digits()


def weights(run):
    return torch.cat([p.detach().flatten() for p in run.encoder.parameters()])


def test_pixels():
    grey = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4)
    assert pixels(grey).shape == (2, 1, 4, 4) and pixels(grey).dtype == torch.float32
    assert pixels(grey)[1, 0, 0, 1] == np.float32(17) / np.float32(255)
    colour = pixels(np.full((1, 2, 3, 3), [0.0, 0.5, 1.0]))
    assert colour.shape == (1, 3, 2, 3) and (colour[0, 1] == 0.5).all()
    for bad, message in (
        (np.zeros((4, 4), np.uint8), "shape"), (np.zeros((1, 4, 4, 2)), "shape"),
        (np.zeros((1, 4, 4), int), "uint8"), (np.full((1, 4, 4), 2.0), "0, 1"),
        (np.full((1, 4, 4), np.nan), "0, 1"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            pixels(bad)


def test_networks_have_the_shapes_they_say():
    for size, channels in ((28, 1), (8, 1), (32, 3)):
        images = torch.rand(3, channels, size, size)
        codes = SmallEncoder(10, channels, size)(images)
        assert codes.shape == (3, 10)
        assert SmallDecoder(10, channels, size)(codes).shape == images.shape
    assert ProjectionHead(10, 7, 5)(codes).shape == (3, 5)
    assert not any(isinstance(m, nn.BatchNorm1d) for m in ProjectionHead(batch_norm=False))
    with pytest.raises(ValueError, match="multiple of 4"):
        SmallDecoder(size=30)
    with pytest.raises(ValueError, match="1 or more"):
        SmallEncoder(0)


def test_embed_keeps_the_mode_and_the_order(digits):
    network = nn.Sequential(seeded_encoder(digits.train), ProjectionHead())
    network.train()
    found = embed(network, digits.test, batch_size=100)
    assert network.training and found.shape == (449, 64) and found.dtype == np.float32
    np.testing.assert_allclose(found, embed(network, pixels(digits.test)), rtol=1e-3, atol=1e-4)


def test_queue_overwrites_the_oldest():
    queue = FifoQueue(5, 2, seed=1)
    np.testing.assert_allclose(queue.keys.norm(dim=1), 1, rtol=1e-6)
    start = queue.keys.clone()
    for value in (1.0, 2.0):
        before = queue.keys
        queue.push(torch.full((3, 2), value, requires_grad=True))
        assert queue.keys is not before
    assert queue.keys[:, 0].tolist() == [2, 1, 1, 2, 2] and queue.place == 1
    assert (before[3:] == start[3:]).all() and not queue.keys.requires_grad
    with pytest.raises(ValueError, match="do not fit"):
        queue.push(torch.zeros(6, 2))
    with pytest.raises(ValueError, match="at least one"):
        FifoQueue(0, 2)


def test_momentum_update():
    slow, fast = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    nn.init.constant_(fast.weight, 3.0)
    fast.running_mean.fill_(7.0)
    momentum_update(slow, fast, 0.9)
    np.testing.assert_allclose(slow.weight.detach(), 1.2, rtol=1e-6)
    assert (slow.running_mean == 7).all() and slow.weight.requires_grad


@pytest.mark.parametrize("name", FOUR)
def test_training_is_repeatable_and_leaves_global_chance_alone(digits, name):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one = FOUR[name](digits.train[:256], **QUICK)
    assert torch.rand(1) == expected
    again, other = (FOUR[name](digits.train[:256], seed=seed, **QUICK) for seed in (1, 2))
    assert (weights(one) == weights(again)).all() and (weights(one) != weights(other)).any()
    for key in one.history:
        assert (one.history[key] == again.history[key]).all()
    assert set(one.history) == {"step", "epoch", "loss", "alignment", "uniformity", "std"}
    assert one.history["step"].tolist() == [4] and one.history["epoch"].tolist() == [1]
    assert not one.encoder.training


@pytest.mark.slow
@pytest.mark.parametrize("name", FOUR)
def test_training_beats_the_untrained_network(digits, name):
    run = FOUR[name](digits.train, epochs=10, batch_size=64, augment=GENTLE, label=None)
    start, trained = (
        few_label_probe(
            embed(encoder, digits.train), digits.train_labels,
            embed(encoder, digits.test), digits.test_labels, n_labels=50,
        ).mean()
        for encoder in (seeded_encoder(digits.train), run.encoder)
    )  # fmt: skip
    assert trained > start + 0.03
    assert run.history["std"][-1] > 0.5


@pytest.mark.slow
def test_byol_collapses_without_its_brakes(digits):
    settings = {"epochs": 5, "batch_size": 64, "augment": GENTLE, "label": None}
    spread = train_byol(digits.train, **settings).history["std"][-1]
    for switch in ({"predictor": False}, {"stop_gradient": False}):
        run = train_byol(digits.train, **switch, **settings)
        assert run.history["std"][-1] < 0.3 < spread and run.history["loss"][-1] < 0.1
    siamese = train_byol(digits.train, momentum=0, **settings)
    assert siamese.history["std"][-1] > 0.4


def test_own_networks_and_callback(digits):
    encoder = SmallEncoder(16, 1, 8, width=4)
    seen = []

    def callback(epoch, run):
        seen.append((epoch, run.encoder.training, run.history["step"][-1]))

    run = train_simclr(
        digits.train[:300], encoder=encoder, head=nn.Identity(), epochs=2.5, batch_size=100,
        record_every=1, callback=callback, label=None,
    )  # fmt: skip
    assert run.encoder is encoder and seen == [(1, False, 3), (2, False, 6)]
    assert run.history["step"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert train_moco(digits.train[:300], head=nn.Identity(), queue_size=200, **QUICK)


def test_the_moco_queue_and_the_targets_move(digits):
    run = train_moco(digits.train[:256], queue_size=100, **QUICK)
    assert run.extras["queue"].place == 256 % 100
    start = seeded_encoder(digits.train)
    for slow in (run.extras["target"], train_byol(digits.train[:256], **QUICK).extras["target"]):
        moved = [
            (a - b).abs().max().item()
            for a, b in zip(slow[0].parameters(), start.parameters(), strict=True)
        ]
        assert 0 < max(moved) < 0.1


def test_supervised_and_autoencoder(digits):
    run = train_supervised(digits.train, digits.train_labels, epochs=15, batch_size=64, label=None)
    vectors = embed(run.encoder, digits.train), embed(run.encoder, digits.test)
    accuracy = knn_accuracy(vectors[0], digits.train_labels, vectors[1], digits.test_labels, 5)
    assert accuracy > 0.95 and set(run.history) == {"step", "epoch", "loss"}
    coder = train_autoencoder(digits.train, epochs=15, batch_size=64, lr=0.01, label=None)
    picture = coder.head(coder.encoder(pixels(digits.test))).detach()
    error = (picture - pixels(digits.test)).square().mean()
    assert error < 0.5 * pixels(digits.test).var(0).mean()
    assert not math.isnan(coder.history["loss"][-1])
    repeat = train_autoencoder(digits.train[:128], augment=GENTLE, **QUICK)
    again = train_autoencoder(digits.train[:128], augment=GENTLE, **QUICK)
    assert (weights(repeat) == weights(again)).all()


def test_colour_images():
    images = np.random.default_rng(0).integers(0, 256, (64, 32, 32, 3), dtype=np.uint8)
    run = train_barlow(images, epochs=1, batch_size=32, label=None)
    assert embed(run.encoder, images).shape == (64, 64)


def test_progress_writes_nothing_to_stderr(digits, capfd):
    train_simclr(digits.train[:128], epochs=1, batch_size=64)
    out, err = capfd.readouterr()
    assert "SimCLR: done" in out and err == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 1}, "batch_size must be 2 to 128"), ({"batch_size": 129}, "batch_size"),
        ({"epochs": 0}, "must be positive"), ({"lr": 0}, "must be positive"),
        ({"lr": float("nan")}, "must be positive"), ({"record_every": 0}, "record_every"),
        ({"threads": 0}, "threads"), ({"temperature": 0}, "temperature"),
        ({"lr": 1e30}, "diverged"),
    ],
)  # fmt: skip
def test_bad_settings_are_one_clear_line(digits, options, message):
    with pytest.raises(ValueError, match=message) as raised:
        train_simclr(digits.train[:128], **{**QUICK, **options})
    assert "\n" not in str(raised.value)


def test_bad_images_and_labels(digits):
    images, labels = digits.train[:64], digits.train_labels[:64]
    with pytest.raises(ValueError, match="square"):
        train_simclr(images[:, :4], **QUICK)
    for bad in (labels[:-1], labels * 1.0):
        with pytest.raises(ValueError, match="one whole number"):
            train_supervised(images, bad, **QUICK)
    with pytest.raises(ValueError, match="count from 0"):
        train_supervised(images, labels - 1, **QUICK)
