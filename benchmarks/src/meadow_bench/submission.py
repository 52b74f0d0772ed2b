"""What accepting a job costs: submissions that nobody waits for, while the worker is suspended."""

import psutil

from meadow.client import Client
from meadow.schemas.jobs import JobState
from meadow_bench import child
from meadow_bench.errors import BenchmarkError
from meadow_bench.load.generator import load
from meadow_bench.load.meadow import submit
from meadow_bench.process_suspender import ProcessSuspender
from meadow_bench.report import Report
from meadow_bench.rows import Row, Unit
from meadow_bench.workbench import Workbench

CLIENTS = 8
ANSWER_SECONDS = 300
MILLISECONDS = 1000


def measure_submission(bench: Workbench) -> Report:
    """Measure submissions a second, and the gateway's CPU time for each; then see that every one is answered."""
    images = bench.thumbnails.files[: bench.effort.submissions]
    target = submit(bench.stack.settings.api_port)
    with bench.stack.awake(bench.standard):
        pids = bench.stack.pids()
        gateway = psutil.Process(pids["api"])
        with ProcessSuspender(pids["worker"]).suspended():
            before = sum(gateway.cpu_times()[:2])
            run = child.run(load, target, images, clients=CLIENTS)
            used = sum(gateway.cpu_times()[:2]) - before
        run.require_clean("Meadow", len(images))
        with bench.stack.client() as client:
            _require_answers(client, [job_id for _, job_id in run.answers])
    each = used / len(images) * MILLISECONDS
    return Report(
        rows=[
            Row(
                f"Submissions without waiting, {CLIENTS} connections",
                f"{run.rate:.0f} a second",
                "",
                each,
                Unit.MILLISECONDS_OF_CPU,
            )
        ]
    )


def _require_answers(client: Client, job_ids: list[str]) -> None:
    """Wait for all jobs.

    Raises:
        BenchmarkError: One did not succeed.
    """
    for job_id in job_ids:
        job = client.wait(job_id, timeout=ANSWER_SECONDS)
        if job.state is not JobState.SUCCEEDED:
            raise BenchmarkError(f"Job {job_id} was accepted, and is {job.state}: {job.error}")
