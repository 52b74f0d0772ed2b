"""Order and class balance of an epoch."""

import pytest
import torch

from meadow_trainer.data.sampler import sample_epoch

LABELS = torch.tensor([0] * 90 + [1] * 10)


def _draw(*, balanced: bool, seed: int = 0) -> torch.Tensor:
    return sample_epoch(LABELS, balanced=balanced, generator=torch.Generator().manual_seed(seed))


def test_unbalanced_epoch_visits_every_image_once() -> None:
    assert sorted(_draw(balanced=False).tolist()) == list(range(100))
    assert _draw(balanced=False).tolist() != list(range(100))


def test_balanced_epoch_has_equal_class_shares_with_fewest_repetitions() -> None:
    order = _draw(balanced=True)
    assert len(order) == 100
    assert LABELS[order].bincount().tolist() == [50, 50]
    counts = order.bincount(minlength=100)
    assert counts[:90].max() == 1
    assert counts[90:].tolist() == [5] * 10
    assert 0 < LABELS[order[:20]].sum() < 20, "mixed"


def test_balanced_epochs_take_different_images_of_frequent_class() -> None:
    first, second = (set(_draw(balanced=True, seed=seed).tolist()) for seed in (0, 1))
    assert first != second


@pytest.mark.parametrize("balanced", [True, False])
def test_same_seed_gives_same_order(balanced: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert torch.equal(_draw(balanced=balanced, seed=3), _draw(balanced=balanced, seed=3))


def test_class_without_images_gets_no_share() -> None:
    labels = torch.tensor([0, 0, 2, 2, 2, 2])
    order = sample_epoch(labels, balanced=True, generator=torch.Generator())
    assert labels[order].bincount().tolist() == [3, 0, 3]
