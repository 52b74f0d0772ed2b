"""Augmentation: ranges and reproducibility."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from meadow_trainer.data.augment import Augmentation, augment, mix

NOTHING = Augmentation.of_strength(0)


def _images(count: int = 4, side: int = 40) -> Tensor:
    return torch.randint(0, 256, (count, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def _seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_zero_strength_leaves_square_images_unchanged() -> None:
    images = _images()
    views = augment(images, torch.ones(4), 40, NOTHING, _seeded())
    torch.testing.assert_close(views, images.float() / 255, atol=1e-4, rtol=0)


def test_full_strength_keeps_range_and_size() -> None:
    views = augment(_images(), torch.tensor([0.5, 1.0, 1.5, 2.0]), 24, Augmentation.of_strength(2), _seeded())
    assert views.shape == (4, 3, 24, 24)
    assert views.dtype == torch.float32
    assert views.min() >= 0
    assert views.max() <= 1


def test_same_seed_reproduces_augmentation_and_other_seed_does_not() -> None:
    first, again, other = (augment(_images(), torch.ones(4), 24, Augmentation(), _seeded(seed)) for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_augmentations_of_one_image_differ() -> None:
    image = _images(1).expand(4, -1, -1, -1)
    views = augment(image, torch.ones(4), 24, Augmentation(), _seeded())
    assert all((views[0] - views[other]).abs().mean() > 0.01 for other in (1, 2, 3))


def test_crop_restores_aspect_ratio() -> None:
    """A disc in an image twice as wide as high is a narrow ellipse in the squeezed cache and a disc in a view."""
    axis = torch.linspace(-1, 1, 160)
    ellipse = ((axis[None, :] * 2) ** 2 + axis[:, None] ** 2 < 0.5).to(torch.uint8) * 255
    ranges = Augmentation(0.49, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    view = augment(ellipse.expand(1, 3, -1, -1), torch.tensor([2.0]), 96, ranges, _seeded(8))[0, 0] > 0.5
    height, width = (view.any(1).sum(), view.any(0).sum())
    assert 0.7 < width / height < 1.4


def test_brightness_jitter_keeps_hue() -> None:
    red = torch.tensor([200, 40, 40], dtype=torch.uint8)[None, :, None, None].expand(8, 3, 16, 16)
    ranges = Augmentation(1.0, 0.0, 0.0, 0.2, 0.0, 0.0, 0.0, 0.0)
    colours = augment(red, torch.ones(8), 16, ranges, _seeded()).mean((2, 3))
    torch.testing.assert_close(colours[:, 0] / colours[:, 1], torch.full((8,), 5.0), atol=0.05, rtol=0)
    assert colours[:, 0].std() > 0.01


def test_erasing_fills_rectangle() -> None:
    images = _images(16)
    ranges = Augmentation(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    views = augment(images, torch.ones(16), 40, ranges, _seeded())
    changed = ((views - images.float() / 255).abs().amax(1) > 1e-3).float().mean((1, 2))
    assert (changed > 0.005).all()
    assert (changed < 0.5).all()


@pytest.mark.parametrize("alpha", [0.0, 0.2, 1.0])
def test_mixup_targets_sum_to_one(alpha: float) -> None:
    images, targets = torch.rand(8, 3, 4, 4), functional.one_hot(torch.arange(8) % 3, 3).float()
    blended, soft = mix(images, targets, alpha, _seeded())
    torch.testing.assert_close(soft.sum(1), torch.ones(8))
    assert (soft.amax(1) < 1).any() == (alpha > 0)
    assert torch.equal(blended, images) == (alpha == 0)


def test_mixup_blends_images_and_targets_alike() -> None:
    """With images that are constant at their class number, the blend can be read off either."""
    labels = torch.arange(8) % 2
    images = labels.float()[:, None, None, None].expand(8, 3, 2, 2)
    blended, soft = mix(images, functional.one_hot(labels, 2).float(), 1.0, _seeded())
    torch.testing.assert_close(blended.mean((1, 2, 3)), soft[:, 1])
