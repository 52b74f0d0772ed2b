"""Whether confident answers are right: on features of which some cannot be told apart, and by the command."""

from pathlib import Path

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from meadow_trainer.tuning.risk_control import SplitResult, measure_risk_control, split_once, table


def test_split_accepts_what_can_be_told_apart() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(2), 150)
    features = rng.normal(size=(300, 4)).astype(np.float32)
    features[:, 0] += np.where(rng.random(300) < 0.9, 12, 0) * (2 * labels - 1)
    result = split_once(features, labels, ("a", "b"), 0.25, target=0.98, seed=0)
    assert len(result.correct) == 2 * round(0.25 * 150)
    assert result.target_reached
    assert 0.8 < result.accepted.mean() < 1
    assert result.accepted_error <= 0.02
    assert result.correct.mean() < 1


def test_table_counts_broken_promises() -> None:
    confidence = np.full(10, 0.9)
    nine = np.arange(10) > 0
    kept = SplitResult(confidence, nine, nine, target_reached=True)
    broken = SplitResult(confidence, nine, np.ones(10, dtype=bool), target_reached=False)
    lines = dict(line.strip("| ").split(" | ") for line in list(table([kept, broken, broken], target=0.98))[2:])
    assert lines["splits whose accepted error is above 2.0%"] == "2 of 3"
    assert lines["splits where the threshold was shown to reach the target"] == "1 of 3"
    assert lines["of these, accepted error above 2.0%"] == "0 of 1"
    assert lines["accepted: mean share; smallest"] == "0.967; 0.900"
    assert lines["accuracy of the accepted, of all splits together"] == f"{27 / 29:.4f}"
    assert lines["calibration error (ECE, ten bins), of all splits together"] == "0.000"
    assert float(lines["the same of a perfectly calibrated model with these confidences"]) > 0.03


def test_command_prints_a_table(stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEADOW_HOME", str(tmp_path))
    app = Typer()
    app.command()(measure_risk_control)
    result = CliRunner().invoke(
        app, ["--data", str(stripes), "--splits", "2", "--image-size", "32"], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    assert "| 2 splits, " in result.output
    assert " of 2 |" in result.output
