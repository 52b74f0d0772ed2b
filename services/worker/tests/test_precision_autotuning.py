"""The fastest precision is taken, but only among those that answer as the trained network does."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from meadow_core.bundle.manifest import BundleError, read_bundle, write_manifest
from meadow_core.bundle.preprocess import Preprocessing
from meadow_core.bundle.probe import PROBE_IMAGES, Probe, write_probe
from meadow_core.bundle.scores import probabilities
from meadow_trainer.data.loader import EvaluationImages
from meadow_trainer.evaluation.evaluate import predict
from meadow_trainer.export.onnx_export import write_files
from meadow_trainer.export.quantize import offer_quantized
from meadow_trainer.training.architectures import empty_network
from meadow_worker.engines.base import Outputs
from meadow_worker.engines.choose import load_engine
from meadow_worker.engines.precision import Precision
from meadow_worker.engines.precision_autotuning import autotuned_engine

PROBE = Probe(np.zeros((4, 2, 2, 3), np.uint8), np.tile(np.array([2, 0], np.float32), (4, 1)))
EXACT, HALF, INT8 = Precision.FLOAT32, Precision.BFLOAT16, Precision.INT8


@dataclass
class Timed:
    """An engine of a known speed, whose answers are off by a known amount."""

    precision: Precision
    seconds: float
    off: float = 0.0
    name: str = "timed"

    def infer(self, pixels: NDArray[np.uint8]) -> Outputs:
        time.sleep(self.seconds)
        return Outputs(PROBE.logits[: len(pixels)] + np.array([self.off, 0], np.float32), None)


@dataclass
class Machine:
    """What each precision costs here; counts what is loaded."""

    engines: dict[Precision, Timed]
    loaded: list[Precision] = field(default_factory=list)

    def load(self, precision: Precision) -> Timed:
        self.loaded.append(precision)
        return self.engines[precision]

    def choose(self, folder: Path) -> Precision:
        return autotuned_engine(folder, PROBE, tuple(self.engines), self.load).precision


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "digest"


@pytest.mark.parametrize(("half", "int8", "chosen"), [(0.002, 0.001, INT8), (0.001, 0.003, HALF), (0.01, 0.01, EXACT)])
def test_the_fastest_is_taken(folder: Path, half: float, int8: float, chosen: Precision) -> None:
    engines = {EXACT: Timed(EXACT, 0.005), HALF: Timed(HALF, half), INT8: Timed(INT8, int8)}
    assert Machine(engines).choose(folder) is chosen


def test_one_that_answers_otherwise_is_not_taken_however_fast(folder: Path) -> None:
    engines = {EXACT: Timed(EXACT, 0.005), HALF: Timed(HALF, 0.002), INT8: Timed(INT8, 0, off=-1)}
    assert Machine(engines).choose(folder) is HALF


def test_a_bundle_whose_exact_answers_are_others_is_refused(folder: Path) -> None:
    with pytest.raises(BundleError, match="does not answer as the trained network"):
        Machine({EXACT: Timed(EXACT, 0, off=0.1)}).choose(folder)


def test_the_choice_is_remembered_for_the_host(folder: Path) -> None:
    machine = Machine({EXACT: Timed(EXACT, 0.003), HALF: Timed(HALF, 0.001)})
    machine.choose(folder)
    machine.loaded.clear()
    # Other speeds would lead to another choice, were they measured again.
    machine.engines[EXACT].seconds = 0
    assert machine.choose(folder) is HALF
    assert machine.loaded == [HALF]

    [place] = folder.parent.glob("*.json")
    place.write_text(json.dumps({**json.loads(place.read_text()), "host": "another processor"}))
    assert machine.choose(folder) is EXACT


@pytest.mark.parametrize("content", ["", "{", '{"host": 3}'])
def test_a_damaged_note_is_measured_anew(folder: Path, content: str) -> None:
    folder.with_name("digest.precision.json").write_text(content)
    assert Machine({EXACT: Timed(EXACT, 0.002), HALF: Timed(HALF, 0)}).choose(folder) is HALF


def test_a_remembered_choice_that_is_not_offered_any_more_is_dropped(folder: Path) -> None:
    Machine({EXACT: Timed(EXACT, 0.002), INT8: Timed(INT8, 0)}).choose(folder)
    assert Machine({EXACT: Timed(EXACT, 0.002)}).choose(folder) is EXACT


@pytest.mark.slow
def test_a_real_int8_graph_runs_and_answers_alike(bundle: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = empty_network("resnet18", 3).eval()
    write_files(network, Preprocessing(size=64), tmp_path)
    manifest = read_bundle(bundle).model_copy(update={"architecture": "resnet18", "files": {}})
    scenes = np.random.default_rng(0).integers(0, 256, (PROBE_IMAGES, 64, 64, 3), dtype=np.uint8)
    write_probe(tmp_path, Probe(scenes, predict(network, scenes, torch.device("cpu"))))
    unlabelled = EvaluationImages(
        scenes, np.zeros(len(scenes), np.int64), ("",) * len(scenes), ("",) * len(scenes), manifest.classes
    )
    assert offer_quantized(tmp_path, scenes, unlabelled, accuracy=0) is not None
    write_manifest(tmp_path, manifest)

    exact, int8 = (load_engine("openvino", tmp_path, read_bundle(tmp_path), wanted=one) for one in (EXACT, INT8))
    assert int8.precision is INT8
    difference = np.abs(probabilities(int8.infer(scenes).logits, 1.0) - probabilities(exact.infer(scenes).logits, 1.0))
    assert 0 < difference.max() < 0.1


def test_a_precision_that_is_not_there_says_which_are(bundle: Path) -> None:
    with pytest.raises(BundleError, match="cannot be run in int8 here, only in float32"):
        load_engine("openvino", bundle, read_bundle(bundle), wanted="int8")
