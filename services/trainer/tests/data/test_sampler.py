"""Every class gets its share of an epoch where that is asked for."""

import pytest
import torch

from meadow_trainer.data.sampler import draw_order

LABELS = torch.tensor([0] * 90 + [1] * 10)


def _draw(*, balanced: bool, seed: int = 0) -> torch.Tensor:
    return draw_order(LABELS, balanced=balanced, generator=torch.Generator().manual_seed(seed))


def test_every_image_comes_once() -> None:
    assert sorted(_draw(balanced=False).tolist()) == list(range(100))
    assert _draw(balanced=False).tolist() != list(range(100))


def test_classes_share_the_epoch_equally_and_none_of_a_class_is_left_out_for_another() -> None:
    order = _draw(balanced=True)
    assert len(order) == 100
    assert LABELS[order].bincount().tolist() == [50, 50]
    counts = order.bincount(minlength=100)
    assert counts[:90].max() == 1
    assert counts[90:].tolist() == [5] * 10
    assert 0 < LABELS[order[:20]].sum() < 20, "mixed"


def test_another_epoch_shows_other_images_of_the_frequent_class() -> None:
    first, second = (set(_draw(balanced=True, seed=seed).tolist()) for seed in (0, 1))
    assert first != second


@pytest.mark.parametrize("balanced", [True, False])
def test_a_seed_gives_the_same_order_again(balanced: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert torch.equal(_draw(balanced=balanced, seed=3), _draw(balanced=balanced, seed=3))


def test_a_class_without_images_has_no_share() -> None:
    labels = torch.tensor([0, 0, 2, 2, 2, 2])
    order = draw_order(labels, balanced=True, generator=torch.Generator())
    assert labels[order].bincount().tolist() == [3, 0, 3]
