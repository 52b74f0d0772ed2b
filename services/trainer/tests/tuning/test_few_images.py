"""Accuracy by the number of images, on features that are easy to tell apart and on real ones."""

from pathlib import Path

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from meadow_trainer.data.loader import EvaluationImages
from meadow_trainer.training.features import ImageFeatures
from meadow_trainer.tuning.few_images import measure_few_images, table


def clouds(per_class: int, *, seed: int) -> ImageFeatures:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(2), per_class)
    features = rng.normal(size=(len(labels), 20)).astype(np.float32)
    features[:, 0] += 6 * labels
    blank = EvaluationImages(np.zeros((0, 32, 32, 3), np.uint8), labels[:0], (), (), ("a", "b"))
    return ImageFeatures(features, labels, tuple("" for _ in labels), 0, blank)


def test_more_images_give_a_better_head() -> None:
    lines = list(table(clouds(30, seed=0), clouds(200, seed=1), [1, 20, 31], draws=4))
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["1", "20", "all"], "no class has 31 images"
    means = [float(line.split("|")[2]) for line in lines[2:]]
    assert means[0] < means[1]
    assert means[2] > 0.97
    for line in lines[2:]:
        mean, worst, best = (float(part) for part in line.split("|")[2:5])
        assert worst <= mean <= best


def test_command_prints_a_table(stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEADOW_HOME", str(tmp_path))
    app = Typer()
    app.command()(measure_few_images)
    result = CliRunner().invoke(
        app, ["--data", str(stripes), "--counts", "3", "--draws", "2", "--image-size", "32"], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    assert "| 3 | " in result.output
    assert "| all | " in result.output
    assert list((tmp_path / "cache" / "features").iterdir())
