"""The demo pictures: repeatable, varied, and not told apart by colour alone."""

import io
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from meadow_core.datasets.demo import LABELS, render_demo_dataset, render_image
from meadow_core.datasets.sources.folder import FolderSource
from meadow_core.datasets.sources.model import Candidate

Floats: TypeAlias = NDArray[np.float64]
SIZE = (160, 120)
PICTURES = 60


def _pixels(label: str, seed: int) -> Floats:
    return np.asarray(render_image(label, np.random.default_rng(seed), SIZE), dtype=np.float64)


@pytest.fixture(scope="module")
def pictures() -> dict[str, Floats]:
    return {label: np.stack([_pixels(label, seed) for seed in range(PICTURES)]) for label in LABELS}


def test_same_arguments_give_the_same_files(tmp_path: Path) -> None:
    for name in ("first", "second"):
        render_demo_dataset(tmp_path / name, per_class=3, seed=7, size=SIZE)
    first = {path.name: path.read_bytes() for path in (tmp_path / "first").rglob("*.jpg")}
    second = {path.name: path.read_bytes() for path in (tmp_path / "second").rglob("*.jpg")}
    assert len(first) == 6
    assert first == second


def test_more_pictures_do_not_change_the_first_ones_and_another_seed_does(tmp_path: Path) -> None:
    for name, count, seed in (("few", 2, 0), ("more", 4, 0), ("other", 2, 1)):
        render_demo_dataset(tmp_path / name, per_class=count, seed=seed, size=SIZE)
    few, more, other = (tmp_path / name / "dandelion" / "dandelion-0001.jpg" for name in ("few", "more", "other"))
    assert few.read_bytes() == more.read_bytes() != other.read_bytes()


def test_it_is_a_folder_per_class_data_set_of_the_size_asked_for(tmp_path: Path) -> None:
    render_demo_dataset(tmp_path, per_class=2, size=SIZE)
    files = [one for one in FolderSource(tmp_path, max_bytes=10_000_000).candidates() if isinstance(one, Candidate)]
    assert [file.label for file in files] == ["dandelion", "dandelion", "grass", "grass"]
    for file in files:
        with Image.open(file.place) as image:
            assert image.size == SIZE


@pytest.mark.parametrize("label", LABELS)
def test_no_picture_is_a_plain_fill(label: str, pictures: dict[str, Floats]) -> None:
    smallest = min(len(_jpeg(picture)) for picture in pictures[label])
    assert pictures[label].std(axis=(1, 2)).mean(axis=1).min() > 4
    assert smallest > 1500


@pytest.mark.parametrize("label", LABELS)
def test_pictures_of_a_class_differ(label: str, pictures: dict[str, Floats]) -> None:
    small = pictures[label].reshape(PICTURES, 12, 10, 16, 10, 3).mean(axis=(2, 4)).reshape(PICTURES, -1)
    distance = np.abs(small[:, None] - small[None]).mean(axis=2) + 1e9 * np.eye(PICTURES)
    assert distance.min() > 3
    assert pictures[label].mean(axis=(1, 2)).std(axis=0).min() > 15


def test_mean_colour_alone_does_not_tell_the_classes_apart(
    pictures: dict[str, Floats],
) -> None:
    """Even the best line through mean colours, chosen on the pictures it is judged by, is wrong often."""
    features = np.concatenate([pictures[label].mean(axis=(1, 2)) for label in LABELS])
    features = np.concatenate([(features - features.mean(0)) / features.std(0), np.ones((2 * PICTURES, 1))], axis=1)
    truth = np.repeat([1.0, -1.0], PICTURES)
    weights, *_ = np.linalg.lstsq(features, truth, rcond=None)
    assert (np.sign(features @ weights) == truth).mean() < 0.8


def test_unknown_label_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="dandelion and grass"):
        render_image("rose", np.random.default_rng(0))


def _jpeg(pixels: Floats) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "JPEG", quality=75)
    return buffer.getvalue()
