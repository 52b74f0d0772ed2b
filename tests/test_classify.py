"""`meadow classify` and the batch it makes, over the running stack."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from PIL import Image

from meadow.schemas.explanations import Explanation, ExplanationState
from meadow.schemas.jobs import JobState
from meadow.schemas.predictions import Prediction
from trained_stack import TrainedStack

pytestmark = pytest.mark.system


def meadow(trained: TrainedStack, *arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).with_name("meadow")), *arguments]
    return subprocess.run(  # noqa: S603 - our own command
        command, env=trained.stack.env, cwd=folder, text=True, capture_output=True, timeout=120, check=False
    )


@pytest.fixture
def folder(trained: TrainedStack, tmp_path: Path) -> Path:
    """Twelve good pictures in two folders, an empty file and a damaged one."""
    for label in ("dandelion", "grass"):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(6):
            (tmp_path / "photos" / label / f"{number}.jpg").write_bytes(trained.picture(label, number))
    (tmp_path / "photos" / "empty.jpg").touch()
    (tmp_path / "photos" / "cut.jpg").write_bytes(trained.picture("grass")[:900])
    return tmp_path


def test_one_image_is_answered_as_one_job(trained: TrainedStack) -> None:
    job = trained.stack.client.submit_image(trained.picture("grass"), name="lawn.jpg", wait=20)
    assert job.state is JobState.SUCCEEDED
    assert isinstance(job.result, Prediction)
    assert job.result.label == job.result.scores[0].label
    assert abs(sum(score.probability for score in job.result.scores) - 1) < 1e-6
    assert job.name == "lawn.jpg"


def test_an_image_whose_pixels_are_damaged_is_a_failed_job_with_its_reason(trained: TrainedStack) -> None:
    job = trained.stack.client.submit_image(trained.picture("grass")[:900], wait=20)
    assert job.state is JobState.FAILED
    assert job.error
    assert job.error.code == "image-undecodable"


def test_one_image_is_explained(trained: TrainedStack, folder: Path) -> None:
    done = meadow(trained, "classify", "photos/dandelion/0.jpg", "--explain", folder=folder)
    assert done.returncode == 0, done.stderr
    with Image.open(folder / "0.explanation.png") as overlay:
        assert max(overlay.size) <= 512
    client = trained.stack.client
    job = client.submit_image(trained.picture("dandelion"), explain=True, wait=20)
    assert job.explanation == Explanation(state=ExplanationState.READY)
    told = client.explanation_map(job.id)
    assert isinstance(job.result, Prediction)
    assert (told.label, told.width, told.height) == (job.result.label, job.result.width, job.result.height)
    assert {len(row) for row in told.drops} == {len(told.drops)}


@pytest.mark.parametrize("suffix", ["csv", "ndjson", "parquet"])
def test_a_folder_is_classified_whole_and_says_what_failed(trained: TrainedStack, folder: Path, suffix: str) -> None:
    done = meadow(trained, "classify", "photos", "--out", f"results.{suffix}", folder=folder)
    assert done.returncode == 1, done.stderr
    assert "empty.jpg" in done.stdout
    assert "cut.jpg" in done.stdout
    assert "14 images" in done.stdout
    rows = read(folder / f"results.{suffix}")
    assert len(rows) == 14
    failed = {row["item"] for row in rows if row["state"] == "failed"}
    assert failed == {"empty.jpg", "cut.jpg"}
    assert {row["item"] for row in rows} - failed == {
        f"{label}/{number}.jpg" for label in ("dandelion", "grass") for number in range(6)
    }


def test_good_files_end_well_and_one_file_alone_is_drawn(trained: TrainedStack, folder: Path) -> None:
    several = meadow(trained, "classify", "photos/grass", "photos/dandelion/*.jpg", folder=folder)
    assert several.returncode == 0, several.stdout + several.stderr
    assert "12 images" in several.stdout
    single = meadow(trained, "classify", "photos/grass/0.jpg", folder=folder)
    assert single.returncode == 0
    assert "%" in single.stdout


def test_a_batch_and_single_images_get_the_same_answers(trained: TrainedStack, folder: Path) -> None:
    meadow(trained, "classify", "photos/grass", "photos/dandelion", "--out", "all.ndjson", folder=folder)
    for row in read(folder / "all.ndjson"):
        body = (folder / row["item"]).read_bytes()
        alone = trained.stack.client.submit_image(body, wait=20).result
        assert isinstance(alone, Prediction)
        assert alone.label == row["prediction"]["label"]
        assert alone.scores[0].probability == pytest.approx(row["prediction"]["scores"][0]["probability"], abs=1e-4)


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return list(csv.DictReader(file))
    if path.suffix == ".ndjson":
        return [json.loads(line) for line in path.read_text().splitlines()]
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    return rows
