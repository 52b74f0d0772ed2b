"""A training process that is killed, and the next one that resumes its run."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
import torch

from meadow.schemas.training_config import TrainingConfig
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings
from meadow_trainer.data.folder_source import folder_source
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import TrainingCancelledError
from meadow_trainer.runs.pipeline import train_bundle
from meadow_trainer.runs.training_runs import TrainingRuns
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.checkpoints import Checkpoints, run_identity
from meadow_trainer.training.snapshot import read_snapshot
from mlflow_warnings import MLFLOW_WARNINGS
from small_network import SMALL

pytestmark = MLFLOW_WARNINGS

CONFIG = TrainingConfig(
    architecture=SMALL, image_size=32, epochs=16, batch_size=16, pretrained=False, quantize=False,
    calibration="none",
)  # fmt: skip
TRAINER = """
import sys
import time
from pathlib import Path
import torch
from small_network import register_small_network
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings
from meadow.schemas.training_config import TrainingConfig
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.runs.training_runs import TrainingRuns
from meadow_trainer.data.folder_source import folder_source

torch.set_num_threads(1)
register_small_network()
data, home, checkpoints, uri, config = sys.argv[1:]
settings = Settings(home=Path(home), mlflow_tracking_uri=uri)
runs = TrainingRuns(settings, ModelRegistry(settings), ModelCache(settings.model_cache), checkpoint_seconds=0)
source = folder_source(Path(data), max_pixels=10**6)
steps = 0

def wait_to_be_killed():
    global steps
    steps += 1
    if steps > 20:
        Path(home, "in-the-middle").touch()
        time.sleep(600)
    return False

callbacks = TrainingCallbacks(should_stop=wait_to_be_killed)
runs.execute(source, TrainingConfig.model_validate_json(config), callbacks, checkpoints=Path(checkpoints))
"""


@pytest.fixture
def home(tmp_path: Path, empty_mlflow: Path) -> Iterator[Path]:
    before = Path.cwd()
    shutil.copy(empty_mlflow, tmp_path / "mlflow.db")
    os.chdir(tmp_path)  # MLflow puts artefacts of a database without a server under the current folder
    yield tmp_path
    os.chdir(before)


@pytest.mark.slow
def test_killed_run_is_resumed_by_next_process(home: Path, stripes: Path) -> None:
    checkpoints, uri = home / "checkpoints" / "trn_1", f"sqlite:///{home / 'mlflow.db'}"
    file = checkpoints / "checkpoint-network.safetensors"
    arguments = [str(stripes), str(home), str(checkpoints), uri, CONFIG.model_dump_json()]
    trainer = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-W", "ignore", "-c", TRAINER, *arguments],
        cwd=home,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        deadline = time.monotonic() + 120
        while not (home / "in-the-middle").exists():
            assert trainer.poll() is None, "it ended before it was killed"
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        trainer.kill()
    assert trainer.wait() == -signal.SIGKILL
    left = read_snapshot(file)
    assert left
    assert not left.metadata["state"]["finished"]
    epoch = left.metadata["state"]["epoch"]
    assert epoch > 1
    client = mlflow.MlflowClient(uri)
    settings = Settings(home=home, mlflow_tracking_uri=uri)

    epochs: list[int] = []
    callbacks = TrainingCallbacks(on_epoch=lambda report: epochs.append(report.epoch))
    source = folder_source(stripes, max_pixels=10**6)
    result = TrainingRuns(settings, ModelRegistry(settings), ModelCache(settings.model_cache)).execute(
        source, CONFIG, callbacks, checkpoints=checkpoints
    )

    assert epochs == list(range(epoch, 17)), "it went on where the checkpoint was"
    experiment = client.get_experiment_by_name(settings.experiment)
    assert experiment
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.run_id, run.info.status, run.data.tags["resumed"]) == (result.run_id, "FINISHED", "1")
    assert [one.step for one in client.get_metric_history(result.run_id, "loss")] == list(range(1, 17))
    network = read_snapshot(file)
    assert network
    assert network.metadata["state"]["finished"]
    expected = _uninterrupted(source, home)
    assert expected.keys() == network.tensors.keys()
    assert all(torch.equal(expected[name], network.tensors[name]) for name in expected)


def _uninterrupted(source: ImageSource, home: Path) -> dict[str, torch.Tensor]:
    """Train the same network without interruption, and stop after training."""

    def stop(words: str) -> None:
        if words == "evaluating":
            raise TrainingCancelledError(words)

    folder = home / "whole"
    with pytest.raises(TrainingCancelledError):
        train_bundle(
            source, CONFIG, home, TrainingCallbacks(on_stage=stop), max_pixels=10**6,
            checkpoints=Checkpoints(folder, run_identity(source, CONFIG)),
        )  # fmt: skip
    saved = read_snapshot(folder / "checkpoint-network.safetensors")
    assert saved
    return saved.tensors
