"""What a scrape of a worker gives, over several processes; in a process of its own, as the library wants it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families as parse

from meadow_core.settings import Settings
from meadow_worker.exposition import worker_registry

COUNT = """
import os, sys
from meadow_worker.metrics import WorkerMetrics
from meadow_core.jobs.sweeper import SweptFor

main = WorkerMetrics()
main.registry_up.set(1)
main.note_swept(SweptFor.MESSAGE)
main.note_swept(SweptFor.DEADLINE)
has_counted, counts = os.pipe()
for version in ("3", "4"):
    child = os.fork()
    if child == 0:
        metrics = WorkerMetrics()
        metrics.images.labels("batch", "succeeded").inc(10)
        metrics.serving.labels(version).set(1)
        metrics.note_run(8, 0.01)
        metrics.decode.observe(0.003)
        os.write(counts, b".")
        sys.stdin.read() if version == "4" else None
        os._exit(0)
    os.read(has_counted, 1)
    if version == "3":
        os.waitpid(child, 0)
print("counted", flush=True)
os.waitpid(child, 0)
"""


def scrape(folder: Path, settings: Settings) -> dict[str, float]:
    text = generate_latest(worker_registry(folder, settings)).decode()
    return {
        one.name + json.dumps(one.labels, sort_keys=True): one.value for family in parse(text) for one in family.samples
    }


@pytest.fixture
def counted(tmp_path: Path) -> Any:  # noqa: ANN401
    """A folder that three processes have counted in; two of them still live."""
    (tmp_path / "metrics").mkdir()
    command = [sys.executable, "-W", "ignore", "-c", COUNT]
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    with subprocess.Popen(  # noqa: S603 - our own command
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == b"counted\n"
        yield tmp_path / "metrics"
        process.stdin.close()


def test_counts_are_sums_over_processes_and_what_died_is_not_said_to_serve(counted: Path, tmp_path: Path) -> None:
    found = scrape(counted, Settings(home=tmp_path))
    assert found['meadow_images_total{"outcome": "succeeded", "queue": "batch"}'] == 20
    assert found['meadow_images_total{"outcome": "failed", "queue": "interactive"}'] == 0
    assert found['meadow_model_serving{"version": "4"}'] == 1
    assert 'meadow_model_serving{"version": "3"}' not in found
    assert found["meadow_inference_batch_images_sum{}"] == 16
    assert found["meadow_decode_duration_seconds_count{}"] == 2
    assert found['meadow_units_resent_total{"lost": "message"}'] == 1
    assert found['meadow_units_resent_total{"lost": "lease"}'] == 0
    assert found["meadow_jobs_expired_total{}"] == 1
    assert found["meadow_registry_up{}"] == 1


def test_the_cache_and_the_host_are_looked_at(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    bundle = settings.model_cache / "d1"
    bundle.mkdir(parents=True)
    (bundle / "bundle.json").write_text("{}")
    (bundle / "model.onnx").write_bytes(b"x" * 1000)
    (settings.model_cache / ".d2.partial").mkdir()
    (tmp_path / "metrics").mkdir()
    found = scrape(tmp_path / "metrics", settings)
    assert found["meadow_model_cache_bundles{}"] == 1
    assert found["meadow_model_cache_bytes{}"] == 1002
    assert found["meadow_disk_size_bytes{}"] > found["meadow_disk_free_bytes{}"] > 0
