"""Int8 quantization, kept only if the graph is as accurate as the network."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from meadow_core.bundle.manifest import MODEL_FILE, QUANTIZED_MODEL_FILE, read_bundle
from meadow_trainer.export.graph import run_graph
from meadow_trainer.export.quantize import MAX_ACCURACY_DROP, offer_quantized
from meadow_trainer.runs.pipeline import TrainedBundle


@pytest.fixture
def folder(trained: TrainedBundle, tmp_path: Path) -> Path:
    shutil.copy(trained.folder / MODEL_FILE, tmp_path / MODEL_FILE)
    return tmp_path


def test_bundle_records_int8_accuracy(trained: TrainedBundle) -> None:
    manifest = read_bundle(trained.folder)
    assert manifest.quantized_accuracy is not None
    assert manifest.quantized_accuracy >= manifest.metrics.accuracy - MAX_ACCURACY_DROP
    answers = run_graph(trained.folder / QUANTIZED_MODEL_FILE, trained.holdout.pixels)
    assert (answers.argmax(axis=1) == trained.holdout.labels).mean() == manifest.quantized_accuracy
    # Other arithmetic: answers that were exactly alike would be those of the graph in floating point.
    assert np.abs(answers - trained.holdout_logits).max() > 1e-4


def test_less_accurate_int8_graph_is_dropped(trained: TrainedBundle, folder: Path) -> None:
    pixels = trained.holdout.pixels
    offered = offer_quantized(folder, pixels, trained.holdout, accuracy=0)
    assert offered is not None
    reached = offered.accuracy
    again = offer_quantized(folder, pixels, trained.holdout, accuracy=reached + MAX_ACCURACY_DROP / 2)
    assert again is not None
    assert again.accuracy == reached
    assert offer_quantized(folder, pixels, trained.holdout, accuracy=reached + MAX_ACCURACY_DROP * 1.1) is None
    assert not (folder / QUANTIZED_MODEL_FILE).exists()


def test_network_that_cannot_be_quantized_gives_no_int8_graph(trained: TrainedBundle, tmp_path: Path) -> None:
    (tmp_path / MODEL_FILE).write_bytes(b"no graph")
    assert offer_quantized(tmp_path, trained.holdout.pixels, trained.holdout, accuracy=0) is None
    assert [path.name for path in tmp_path.iterdir()] == [MODEL_FILE]
