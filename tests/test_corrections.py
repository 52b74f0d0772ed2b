"""From a wrong answer to a data set version that knows better, over the running stack."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from trained_stack import TrainedStack

pytestmark = pytest.mark.system


def meadow(trained: TrainedStack, *arguments: str | Path) -> str:
    """Run the command on the stack under test, and return what it prints."""
    command = [str(Path(sys.executable).with_name("meadow")), *map(str, arguments)]
    env = {**trained.stack.env, "COLUMNS": "300"}
    done = subprocess.run(command, env=env, text=True, capture_output=True, timeout=120, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_corrected_answer_becomes_training_data(trained: TrainedStack, tmp_path: Path) -> None:
    picture = trained.picture("grass", 3)
    job = trained.stack.client.submit_image(picture, name="lawn.jpg", wait=20)
    assert job.state == "succeeded"
    (tmp_path / "lawn.jpg").write_bytes(picture)
    assert "Kept: lawn.jpg shows dandelion" in meadow(
        trained, "correct", tmp_path / "lawn.jpg", "dandelion", "--job", job.id
    )
    assert trained.stack.client.corrections().labels == {"dandelion": 1}

    meadow(trained, "data", "publish", trained.pictures, "--name", "corrected")
    before = json.loads(meadow(trained, "data", "show", "corrected", "--json"))
    shown = meadow(trained, "data", "publish", "--name", "corrected", "--add", "--corrections")
    assert "Published corrected version" in shown
    changes = json.loads(meadow(trained, "data", "diff", "corrected", before["digest"], "--json"))
    assert (changes["added"], changes["removed"]) == ([], [])
    [changed] = changes["relabelled"]
    assert (changed["before"], changed["after"]) == ("grass", "dandelion")
    assert "Unchanged" in meadow(trained, "data", "publish", "--name", "corrected", "--add", "--corrections")
