"""Checkpoints: resumed runs give the same model, and checkpoints of other runs are refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.manifest import WEIGHTS_FILE
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import CheckpointRefusedError, TrainingCancelledError
from meadow_trainer.runs.pipeline import TrainedBundle, train_bundle
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.checkpoints import Checkpoints, run_identity
from small_network import SMALL

MAX_PIXELS = 1_000_000
# With layers that draw at random, batch norm, a validation part and two more networks: all that there is to save.
CONFIG = TrainingConfig(
    architecture=SMALL, image_size=32, epochs=3, batch_size=16, pretrained=False, quantize=False,
    validation_percent=10, calibration="cross-fit",
)  # fmt: skip

Train = Callable[..., TrainedBundle]


@pytest.fixture
def train(stripes_source: ImageSource, tmp_path: Path) -> Train:
    def run(config: TrainingConfig, checkpoints: Path | None, *, steps: float = float("inf")) -> TrainedBundle:
        out = tmp_path / f"out-{len(list(tmp_path.glob('out-*')))}"
        out.mkdir()
        left = steps

        def should_stop() -> bool:
            nonlocal left
            left -= 1
            return left < 0

        saved = Checkpoints(checkpoints, run_identity(stripes_source, config)) if checkpoints else None
        callbacks = TrainingCallbacks(should_stop=should_stop)
        return train_bundle(stripes_source, config, out, callbacks, max_pixels=MAX_PIXELS, checkpoints=saved)

    return run


@pytest.mark.slow
def test_repeatedly_interrupted_run_gives_identical_model(train: Train, tmp_path: Path) -> None:
    whole = train(CONFIG, None)
    stops = 0
    while True:
        try:
            resumed = train(CONFIG, tmp_path / "saved", steps=5)
        except TrainingCancelledError:
            stops += 1
        else:
            break
    assert stops >= 4, "in the middle of epochs, and in both halves of the cross-fit"
    assert resumed.manifest.files[WEIGHTS_FILE] == whole.manifest.files[WEIGHTS_FILE]
    assert resumed.manifest.temperature == whole.manifest.temperature
    assert [(one.epoch, one.loss, one.learning_rate, one.validation_loss) for one in resumed.reports] == [
        (one.epoch, one.loss, one.learning_rate, one.validation_loss) for one in whole.reports
    ]


def test_checkpoint_of_another_run_is_refused(train: Train, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    with pytest.raises(TrainingCancelledError):
        train(CONFIG, saved, steps=2)
    with pytest.raises(CheckpointRefusedError, match="differs in epochs, recipe"):
        train(CONFIG.model_copy(update={"epochs": 5}), saved)


def test_damaged_checkpoint_is_refused(train: Train, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    with pytest.raises(TrainingCancelledError):
        train(CONFIG, saved, steps=2)
    (file,) = saved.iterdir()
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(CheckpointRefusedError, match="cannot be read"):
        train(CONFIG, saved)


def test_tracked_run_of_other_data_set_is_refused(tmp_path: Path) -> None:
    Checkpoints(tmp_path, {"dataset": "a"}).save_tracked_run("r1")
    assert Checkpoints(tmp_path, {"dataset": "a"}).tracked_run() == "r1"
    with pytest.raises(CheckpointRefusedError, match="dataset"):
        Checkpoints(tmp_path, {"dataset": "b"}).tracked_run()


def test_discard_deletes_only_checkpoint_files(tmp_path: Path) -> None:
    (tmp_path / "mine.safetensors").touch()
    (tmp_path / ".checkpoint-network.safetensors.k1ll3d").touch()
    checkpoints = Checkpoints(tmp_path, {})
    checkpoints.save_tracked_run("r1")
    assert json.loads((tmp_path / "run.json").read_text())["run_id"] == "r1"
    checkpoints.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.safetensors"]
