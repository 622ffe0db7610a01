import pytest
import torch
from scipy import ndimage
from torch.testing import assert_close

from helpers.augmentations import (
    Augmentations,
    affine,
    blur,
    brighten,
    erase,
    stretch_contrast,
)


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


def images(n=6, size=28):
    return torch.rand(n, 1, size, size, generator=generator(0))


def test_affine_identity_shift_and_turn():
    x = images()
    assert_close(affine(x), x, atol=1e-5, rtol=0)
    right = affine(x, shift_x=4 / 28, shift_y=2 / 28)
    assert_close(right[:, :, 2:, 4:], x[:, :, :-2, :-4], atol=1e-4, rtol=0)
    assert (right[:, :, :2].abs() < 1e-4).all()
    quarter = affine(x, degrees=torch.full((6,), 90.0))
    assert_close(quarter, x.rot90(1, (2, 3)), atol=1e-4, rtol=0)
    # A shift after a turn moves the turned picture.
    both = affine(x, degrees=90, shift_x=4 / 28)
    assert_close(both[..., 4:], x.rot90(1, (2, 3))[..., :-4], atol=1e-4, rtol=0)


def test_affine_on_pictures_that_are_not_square():
    x = torch.rand(2, 3, 8, 16, generator=generator())
    turned = affine(x, degrees=180)
    assert_close(turned, x.flip(2, 3), atol=1e-4, rtol=0)
    quarter = affine(x, degrees=90)[:, :, :, 4:12]
    assert_close(quarter, x[:, :, :, 4:12].rot90(1, (2, 3)), atol=1e-4, rtol=0)


def test_zoom_shows_a_smaller_crop():
    x = torch.zeros(1, 1, 28, 28)
    x[:, :, 12:16, 12:16] = 1
    assert affine(x, zoom=2).sum() == pytest.approx(64, rel=0.1)
    assert affine(x, zoom=0.5).sum() == pytest.approx(4, rel=0.1)


def test_light_blur_and_holes():
    x = images()
    assert_close(brighten(x, 0.5), x / 2)
    assert brighten(x, 3).max() == 1
    flat = stretch_contrast(x, 0)
    assert_close(flat, x.mean((1, 2, 3), keepdim=True).expand_as(x))
    assert_close(stretch_contrast(x, 1), x)
    kernel = torch.tensor([1.0, 2, 1])
    expected = ndimage.convolve(
        x[0, 0].numpy(), (kernel[:, None] * kernel / 16).numpy(), mode="constant"
    )
    assert_close(blur(x, 1)[0, 0], torch.from_numpy(expected), atol=1e-6, rtol=0)
    assert_close(blur(x, 0), x)
    hole = erase(torch.ones(1, 1, 28, 28), 0.5, 0.5, 0.5)
    assert hole.sum() == 28 * 28 - 14 * 14 and (hole[0, 0, 7:21, 7:21] == 0).all()
    corner = erase(torch.ones(1, 1, 28, 28), 0.0, 1.0, 0.5)
    assert (corner[0, 0, 21:, :7] == 0).all() and corner.sum() == 28 * 28 - 49


def test_strengths_may_differ_by_image():
    x = images(2)
    both = affine(x, degrees=torch.tensor([0.0, 180.0]))
    assert_close(both[0], x[0], atol=1e-5, rtol=0)
    assert_close(both[1], x[1].flip(1, 2), atol=1e-4, rtol=0)


def test_views_are_seeded_and_leave_the_input_alone():
    augment = Augmentations(erase=0.3)
    x = images()
    before = x.clone()
    first, again, other = (augment(x, generator(seed)) for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).any() and (x == before).all()
    assert first.shape == x.shape and first.min() >= 0 and first.max() <= 1


def test_switches():
    x = images()
    off = Augmentations().only()
    assert set(off.strengths().values()) == {0} and off(x, generator()) is x
    assert Augmentations().without("crop", "blur").strengths() == {
        **Augmentations().strengths(), "crop": 0, "blur": 0,
    }  # fmt: skip
    turn = Augmentations().only("rotation")
    assert turn.rotation == Augmentations().rotation and turn.shift == 0
    # The same draws whatever else is on: brightness is the same in both.
    light = Augmentations().only("brightness")
    soft = light(x, generator()).mean((1, 2, 3)) / x.mean((1, 2, 3))
    both = Augmentations().only("brightness", "blur")(x, generator()).mean((1, 2, 3))
    assert_close(both / x.mean((1, 2, 3)), soft, rtol=0.1, atol=0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Augmentations(crop=1.0), "crop must be between 0 and 0.99"),
        (lambda: Augmentations(rotation=-1), "rotation must be between 0 and 180"),
        (lambda: Augmentations(blur=float("nan")), "blur must be"),
        (lambda: Augmentations().without("flip"), "no transformation is called flip"),
        (lambda: Augmentations()(torch.ones(2, 28, 28), generator()), "float tensor of shape"),
        (lambda: affine(torch.ones(2, 1, 4, 4).byte()), "float tensor"),
        (lambda: affine(images(), zoom=0), "zoom must be positive"),
    ],
)
def test_bad_input_is_one_clear_line(call, message):
    with pytest.raises(ValueError, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)
