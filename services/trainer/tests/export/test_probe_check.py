"""Probe check of a bundle."""

import shutil
from pathlib import Path

import pytest

from meadow_core.bundle.manifest import MODEL_FILE, PROBE_FILE
from meadow_core.bundle.probe import Probe, read_probe, write_probe
from meadow_trainer.export.probe_check import probe_error
from meadow_trainer.runs.pipeline import TrainedBundle


@pytest.fixture
def folder(trained: TrainedBundle, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained.folder, tmp_path / "bundle"))


def test_trained_bundle_passes_probe_check(folder: Path) -> None:
    assert probe_error(folder) == ""


def test_different_outputs_fail_probe_check(folder: Path) -> None:
    probe = read_probe(folder)
    write_probe(folder, Probe(probe.images, -probe.logits))
    assert "does not answer its probe as the trained network did" in probe_error(folder)
    write_probe(folder, Probe(probe.images, probe.logits[:, :1]))
    assert "a number for each class" in probe_error(folder)


def test_unreadable_or_broken_graph_fails_probe_check(folder: Path) -> None:
    (folder / MODEL_FILE).write_bytes(b"no graph")
    assert "graph cannot be run" in probe_error(folder)
    (folder / PROBE_FILE).unlink()
    assert PROBE_FILE in probe_error(folder)
