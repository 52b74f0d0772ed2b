"""One client that submits an image and waits while a large batch runs: how long it has to stand behind the batch."""

import time
import urllib.request
from statistics import median, quantiles

from prometheus_client.parser import text_string_to_metric_families

from meadow.schemas.jobs import JobKind, JobState
from meadow.schemas.queues import BATCH_QUEUE
from meadow_bench import child
from meadow_bench.engine import Probabilities
from meadow_bench.errors import BenchmarkError
from meadow_bench.folder import classify_folder
from meadow_bench.load.generator import LoadRun, load
from meadow_bench.load.meadow import submit_and_wait
from meadow_bench.report import Report
from meadow_bench.rows import Bar, Row, Unit
from meadow_bench.stack import MeasuredStack
from meadow_bench.workbench import Workbench

AT_MOST_TWO_PACKS = Bar(must=2.0, at_most=True)
START_SECONDS = 30.0
PAUSE = 0.05
MILLISECONDS = 1000


def measure_priority_latency(bench: Workbench) -> Report:
    """Compare the slowest of its answers with the time that one pack of the batch takes."""
    with bench.stack.awake(bench.standard):
        before = _pack_clock(bench.stack)
        with child.running(classify_folder, bench.stack.url, bench.thumbnails.folder, keep_answers=False) as batch:
            _wait_until_running(bench.stack)
            run: LoadRun[Probabilities] = child.run(
                load,
                submit_and_wait(bench.stack.settings.api_port),
                bench.thumbnails.files,
                clients=1,
                seconds=bench.effort.overtaking_seconds,
            )
            if batch.done():
                raise BenchmarkError("The batch was over before the interactive requests were.")
            batch.result()
        after = _pack_clock(bench.stack)
    run.require_clean("Meadow", len(run.milliseconds))
    pack = (after[0] - before[0]) / (after[1] - before[1]) * MILLISECONDS
    slow = quantiles(run.milliseconds, n=20)[-1]
    value = f"{slow:.0f} ms; {median(run.milliseconds):.0f} ms in the middle, of {len(run.milliseconds)}"
    against = f"{pack:.0f} ms, one pack of the batch"
    row = Row("One client while a batch runs (p95)", value, against, slow / pack, Unit.RATIO, AT_MOST_TWO_PACKS)
    return Report(rows=[row])


def _wait_until_running(stack: MeasuredStack) -> None:
    deadline = time.monotonic() + START_SECONDS
    with stack.client() as client:
        while not client.jobs(kind=JobKind.BATCH, state=JobState.RUNNING).jobs:
            if time.monotonic() > deadline:
                raise BenchmarkError("The batch does not start.")
            time.sleep(PAUSE)


def _pack_clock(stack: MeasuredStack) -> tuple[float, float]:
    """Seconds that the worker has spent on packs, and how many packs."""
    url = f"http://127.0.0.1:{stack.settings.worker_metrics_port}/metrics"
    with urllib.request.urlopen(url, timeout=10) as response:
        text = response.read().decode()
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.get("queue") == BATCH_QUEUE and "le" not in sample.labels
    }
    return found.get("meadow_unit_duration_seconds_sum", 0.0), found.get("meadow_unit_duration_seconds_count", 0.0)
