"""Label errors in clouds of features whose wrong labels are known."""

import numpy as np
import pytest

from meadow_trainer.evaluation.evaluate import Labels
from meadow_trainer.evaluation.label_errors import find_label_errors
from meadow_trainer.training.head import Features

CLASSES = ("a", "b", "c")


def clouds(per_class: int, *, size: int = 30, distance: float = 6.0) -> tuple[Features, Labels]:
    """Draw a cloud of points for each class."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(CLASSES)), per_class)
    features = rng.normal(size=(len(labels), size)).astype(np.float32)
    features[np.arange(len(labels)), labels] += distance
    return features, labels


@pytest.mark.parametrize("size", [30, 300], ids=["more images than features", "fewer images than features"])
def test_wrong_labels_are_found_with_the_right_ones(size: int) -> None:
    features, labels = clouds(40, size=size)
    wrong = np.arange(0, len(labels), 15)
    given = labels.copy()
    given[wrong] = (given[wrong] + 1) % len(CLASSES)
    found = find_label_errors(features, given, CLASSES)
    assert set(found.images) >= set(wrong)
    assert len(found.images) <= len(wrong) + 2
    suggested = dict(zip(found.images, found.suggested, strict=True))
    assert all(suggested[image] == labels[image] for image in wrong)
    assert found.probabilities.shape == (len(labels), len(CLASSES))


def test_most_certain_error_comes_first() -> None:
    features, labels = clouds(40)
    given = labels.copy()
    given[[0, 50]] = 2
    features[0, 0] += 3
    features[50, 1] -= 2
    assert find_label_errors(features, given, CLASSES).images[:2].tolist() == [0, 50]


def test_clean_labels_are_left_alone() -> None:
    features, labels = clouds(40)
    assert len(find_label_errors(features, labels, CLASSES).images) == 0


def test_a_class_of_few_images_is_not_judged() -> None:
    features, labels = clouds(9)
    found = find_label_errors(features, (labels + (labels == 0)) % 3, CLASSES)
    assert len(found.images) == 0
    assert np.isnan(found.probabilities).all()
