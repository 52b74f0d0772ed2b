"""Measurement of the champion on the challenger's hold-out."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from meadow.schemas.dataset_manifest import DatasetManifest
from meadow.schemas.split import Split
from meadow_core.bundle.manifest import MODEL_FILE, WEIGHTS_FILE, BundleError, write_manifest
from meadow_trainer.data.loader import ImageLoader
from meadow_trainer.data.source import ImageSource
from meadow_trainer.export.graph import run_graph
from meadow_trainer.registry.champion import measure_champion
from meadow_trainer.runs.pipeline import TrainedBundle

MAX_PIXELS = 1_000_000


def test_champion_on_its_own_holdout_matches_manifest_accuracy(
    trained: TrainedBundle, stripes_source: ImageSource
) -> None:
    loader = ImageLoader(stripes_source.read, stripes_source.manifest.classes, max_pixels=MAX_PIXELS)
    answers = measure_champion(trained.folder, loader, stripes_source.manifest.of_split(Split.HOLDOUT))
    measured = answers.measurement
    assert sum(answers.correct.values()) == round(measured.accuracy * measured.examples)
    assert set(answers.correct) == {entry.sha256 for entry in stripes_source.manifest.of_split(Split.HOLDOUT)}
    assert measured.accuracy == pytest.approx(trained.manifest.metrics.accuracy)
    assert measured.calibration_error == pytest.approx(trained.manifest.metrics.expected_calibration_error, abs=1e-4)


def test_only_what_is_new_in_the_hold_out_is_run(
    trained: TrainedBundle, stripes_source: ImageSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []

    def counted(graph: Path, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        ran.append(len(pixels))
        return run_graph(graph, pixels)

    monkeypatch.setattr("meadow_trainer.registry.champion.run_graph", counted)
    loader = ImageLoader(stripes_source.read, stripes_source.manifest.classes, max_pixels=MAX_PIXELS)
    holdout = stripes_source.manifest.of_split(Split.HOLDOUT)
    measure_champion(trained.folder, loader, holdout[:-2], tmp_path)
    again = measure_champion(trained.folder, loader, holdout, tmp_path)
    assert ran == [len(holdout) - 2, 2]
    afresh = measure_champion(trained.folder, loader, holdout)
    assert again.correct == afresh.correct
    assert again.measurement.loss == pytest.approx(afresh.measurement.loss)


def test_images_of_unknown_class_count_as_misclassified(trained: TrainedBundle, stripes_source: ImageSource) -> None:
    """The class order differs, too: `crossed` comes first."""
    entries = tuple(
        entry.model_copy(update={"label": "crossed"}) if entry.label == "level" and int(entry.sha256, 16) % 2 else entry
        for entry in stripes_source.manifest.entries
    )
    today = DatasetManifest(name="today", created_at=datetime.now(UTC), entries=entries)
    loader = ImageLoader(stripes_source.read, today.classes, max_pixels=MAX_PIXELS)
    measured = measure_champion(trained.folder, loader, today.of_split(Split.HOLDOUT)).measurement
    assert today.classes == ("crossed", "level", "upright")
    assert measured.per_class["crossed"].recall == 0
    assert measured.per_class["crossed"].support > 0
    assert measured.per_class["upright"].recall == pytest.approx(trained.manifest.metrics.recall["upright"])


def test_champion_graph_that_cannot_run_raises_bundle_error(
    trained: TrainedBundle, stripes_source: ImageSource, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(trained.folder, tmp_path / "bundle"))
    (folder / MODEL_FILE).write_bytes(b"no graph")
    write_manifest(folder, trained.manifest)
    loader = ImageLoader(stripes_source.read, stripes_source.manifest.classes, max_pixels=MAX_PIXELS)
    with pytest.raises(BundleError, match="graph cannot be run"):
        measure_champion(folder, loader, stripes_source.manifest.of_split(Split.HOLDOUT))


def test_damaged_champion_raises_bundle_error(
    trained: TrainedBundle, stripes_source: ImageSource, tmp_path: Path
) -> None:
    for path in trained.folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / WEIGHTS_FILE).write_bytes(b"other")
    loader = ImageLoader(stripes_source.read, stripes_source.manifest.classes, max_pixels=MAX_PIXELS)
    with pytest.raises(BundleError, match="not the file that was trained"):
        measure_champion(tmp_path, loader, stripes_source.manifest.of_split(Split.HOLDOUT))
