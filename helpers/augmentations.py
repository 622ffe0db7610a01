"""Random views of grey images, a whole batch at a time.

Each transformation exists twice: as a function with one given strength per image (to make
pictures, or a factor to probe for), and inside :class:`Augmentations`, which draws the strengths.
Turning, zooming and shifting are one affine map, so that pixels are interpolated once.

References
----------
Chen, Kornblith, Norouzi & Hinton (2020), "A Simple Framework for Contrastive Learning of Visual
Representations" (which views make a useful task). Zhong et al. (2020), "Random Erasing Data
Augmentation".
"""

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["Augmentations", "affine", "blur", "brighten", "erase", "stretch_contrast"]


def affine(images: Tensor, degrees=0.0, zoom=1.0, shift_x=0.0, shift_y=0.0) -> Tensor:
    """Turn, zoom and shift each image about its centre, with bilinear interpolation.

    Parameters
    ----------
    images : Tensor (n, c, h, w), float
        What comes in from outside the picture is 0.
    degrees : float or Tensor (n,)
        Counter-clockwise.
    zoom : float or Tensor (n,)
        Above 1 shows a smaller crop, larger.
    shift_x, shift_y : float or Tensor (n,)
        To the right and down, as a share of the width and height.

    Returns
    -------
    Tensor (n, c, h, w)

    Raises
    ------
    ValueError
        If `images` is no batch of images, or a zoom is not positive.
    """
    _check_batch(images)
    angle = torch.deg2rad(_per_image(images, degrees))
    zoom = _per_image(images, zoom)
    if (zoom <= 0).any():
        raise ValueError("zoom must be positive: 1 keeps the size.")
    # The grid says where each pixel of the result is looked up, so the map is the inverse one.
    cos, sin = angle.cos() / zoom, angle.sin() / zoom
    right, down = 2 * _per_image(images, shift_x), 2 * _per_image(images, shift_y)
    height, width = images.shape[2:]
    tall = height / width
    rows = [
        torch.stack([cos, -sin * tall, -cos * right + sin * tall * down], 1),
        torch.stack([sin / tall, cos, -sin / tall * right - cos * down], 1),
    ]
    grid = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


def brighten(images: Tensor, factor) -> Tensor:
    """Multiply each image by its factor and clip to [0, 1]; arguments as for :func:`affine`."""
    _check_batch(images)
    return (images * _column(images, factor)).clamp(0, 1)


def stretch_contrast(images: Tensor, factor) -> Tensor:
    """Multiply each image's distance from its own mean by its factor and clip to [0, 1]."""
    _check_batch(images)
    mean = images.mean((1, 2, 3), keepdim=True)
    return torch.lerp(mean, images, _column(images, factor)).clamp(0, 1)


def blur(images: Tensor, share) -> Tensor:
    """Mix each image with a 3 x 3 binomial blur of it.

    Parameters
    ----------
    images : Tensor (n, c, h, w), float
    share : float or Tensor (n,)
        Of the blurred picture, 0 to 1.
    """
    _check_batch(images)
    soft = images
    for axis in (2, 3):
        # Sums of slices: many times as fast as a convolution with one channel.
        size = soft.shape[axis]
        padded = F.pad(soft, (0, 0, 1, 1) if axis == 2 else (1, 1, 0, 0))
        sides = padded.narrow(axis, 0, size) + padded.narrow(axis, 2, size)
        soft = torch.lerp(sides / 2, soft, 0.5)
    return torch.lerp(images, soft, _column(images, share))


def erase(images: Tensor, centre_x, centre_y, side) -> Tensor:
    """Set a square of each image to 0.

    Parameters
    ----------
    images : Tensor (n, c, h, w), float
    centre_x, centre_y : float or Tensor (n,)
        Centre of the square, 0 to 1 from the left and from the top.
    side : float or Tensor (n,)
        Side as a share of the width; 0 erases nothing.
    """
    _check_batch(images)
    height, width = images.shape[2:]
    half = _per_image(images, side)[:, None] / 2
    x = (torch.arange(width) + 0.5) / width - _per_image(images, centre_x)[:, None]
    y = ((torch.arange(height) + 0.5) / height - _per_image(images, centre_y)[:, None]) / (
        width / height
    )
    hole = (y.abs() < half)[:, None, :, None] & (x.abs() < half)[:, None, None, :]
    return images.masked_fill(hole, 0.0)


@dataclass(frozen=True)
class Augmentations:
    """Random views: how strong each transformation may get; 0 switches it off.

    A call draws the same numbers whatever is switched off, so that two ablations with the same
    seed differ in nothing else.

    Attributes
    ----------
    shift : float
        Largest shift each way, as a share of the width.
    crop : float
        The picture is zoomed by a factor between 1 - crop and 1 / (1 - crop).
    rotation : float
        Largest turn each way, in degrees.
    brightness, contrast : float
        Factors between 1 - strength and 1 + strength.
    blur : float
        Largest share of a blurred copy, 0 to 1.
    erase : float
        Largest side of an erased square, as a share of the width.

    Examples
    --------
    >>> views = Augmentations().without("rotation")
    >>> views(torch.zeros(2, 1, 28, 28), torch.Generator().manual_seed(1)).shape
    torch.Size([2, 1, 28, 28])
    """

    shift: float = 0.15
    crop: float = 0.3
    rotation: float = 20.0
    brightness: float = 0.4
    contrast: float = 0.4
    blur: float = 0.5
    erase: float = 0.0

    def __post_init__(self):
        """Refuse strengths that make no sense.

        Raises
        ------
        ValueError
            If a strength is negative, or too large for what it means.
        """
        limits = {"crop": 0.99, "rotation": 180.0}
        for name, strength in self.strengths().items():
            limit = limits.get(name, 1.0)
            if not 0 <= strength <= limit:
                raise ValueError(f"{name} must be between 0 and {limit:g}, not {strength}.")

    def strengths(self) -> dict[str, float]:
        """Return the strength of each transformation by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def without(self, *names: str) -> "Augmentations":
        """Switch some transformations off.

        Raises
        ------
        ValueError
            If there is no such transformation.
        """
        unknown = set(names) - set(self.strengths())
        if unknown:
            raise ValueError(
                f"no transformation is called {', '.join(sorted(unknown))}: choose from "
                f"{', '.join(self.strengths())}."
            )
        return replace(self, **dict.fromkeys(names, 0.0))

    def only(self, *names: str) -> "Augmentations":
        """Switch all other transformations off; errors as for :meth:`without`."""
        self.without(*names)
        return self.without(*(name for name in self.strengths() if name not in names))

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Make one random view of each image.

        Parameters
        ----------
        images : Tensor (n, c, h, w), float
            Values in [0, 1]; not changed.
        generator : torch.Generator
            The only source of chance.

        Returns
        -------
        Tensor (n, c, h, w)

        Raises
        ------
        ValueError
            If `images` is no batch of images.
        """
        _check_batch(images)
        draws = torch.rand(10, len(images), generator=generator)
        around = 2 * draws - 1
        if self.shift or self.crop or self.rotation:
            images = affine(
                images,
                self.rotation * around[0],
                (1 - self.crop) ** around[1],
                self.shift * around[2],
                self.shift * around[3],
            )
        if self.brightness:
            images = brighten(images, 1 + self.brightness * around[4])
        if self.contrast:
            images = stretch_contrast(images, 1 + self.contrast * around[5])
        if self.blur:
            images = blur(images, self.blur * draws[6])
        if self.erase:
            images = erase(images, draws[7], draws[8], self.erase * draws[9])
        return images


def _check_batch(images: Tensor) -> None:
    if not isinstance(images, Tensor) or images.ndim != 4 or not images.is_floating_point():
        raise ValueError(
            "images must be a float tensor of shape (n, channels, height, width): "
            "helpers.vision.pixels makes one."
        )


def _per_image(images: Tensor, value) -> Tensor:
    return torch.as_tensor(value, dtype=images.dtype).expand(len(images))


def _column(images: Tensor, value) -> Tensor:
    return _per_image(images, value)[:, None, None, None]
