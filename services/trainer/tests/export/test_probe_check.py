"""A bundle's answers to its own probe."""

import shutil
from pathlib import Path

import pytest

from meadow.bundle.manifest import MODEL_FILE, PROBE_FILE
from meadow.bundle.probe import Probe, read_probe, write_probe
from meadow_trainer.export.probe_check import probe_error
from meadow_trainer.runs.pipeline import TrainedBundle


@pytest.fixture
def folder(trained: TrainedBundle, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained.folder, tmp_path / "bundle"))


def test_trained_bundle_answers_its_probe(folder: Path) -> None:
    assert probe_error(folder) == ""


def test_other_answers_are_a_fault(folder: Path) -> None:
    probe = read_probe(folder)
    write_probe(folder, Probe(probe.images, -probe.logits))
    assert "does not answer its probe as the trained network did" in probe_error(folder)
    write_probe(folder, Probe(probe.images, probe.logits[:, :1]))
    assert "a number for each class" in probe_error(folder)


def test_what_cannot_be_read_or_run_is_a_fault(folder: Path) -> None:
    (folder / MODEL_FILE).write_bytes(b"no graph")
    assert "graph cannot be run" in probe_error(folder)
    (folder / PROBE_FILE).unlink()
    assert PROBE_FILE in probe_error(folder)
