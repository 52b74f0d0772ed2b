"""Wrong labels that are found, on features that are easy to tell apart and on real ones."""

from pathlib import Path

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from meadow_trainer.tuning.label_errors import measure_label_errors, table


def test_wrong_labels_are_counted() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(2), 60)
    features = rng.normal(size=(120, 20)).astype(np.float32)
    features[:, 0] += 8 * labels
    _, _, clean, dirty = table(features, labels, ("a", "b"), [0, 5], draws=2)
    assert clean == "| 0 | 0.0 (0.0) | | |"
    assert dirty == "| 5 | 5.0 (5.0) | 1.00 (1.00) | 1.00 (1.00) |"


def test_command_prints_a_table(stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEADOW_HOME", str(tmp_path))
    app = Typer()
    app.command()(measure_label_errors)
    result = CliRunner().invoke(
        app, ["--data", str(stripes), "--percents", "5", "--draws", "1", "--image-size", "32"], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    assert "| 5 | " in result.output
