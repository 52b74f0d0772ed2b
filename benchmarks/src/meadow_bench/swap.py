"""Changing the model under load: no request may fail, and both models must have answered."""

import time

from meadow.schemas.models import PRODUCTION_ALIAS
from meadow_bench import child
from meadow_bench.errors import BenchmarkError
from meadow_bench.load.generator import load
from meadow_bench.load.meadow import submit_and_note_model
from meadow_bench.report import Report
from meadow_bench.rows import Bar, Row, Unit
from meadow_bench.workbench import Workbench

NONE_FAILS = Bar(must=0, at_most=True)
SECONDS_BETWEEN = 6.0
"""Twice as long as a worker host waits before it looks for a new model."""


def measure_swap(bench: Workbench) -> Report:
    """Promote another model and the first one again, by turns, while concurrent clients submit and wait."""
    swaps, registry = bench.effort.swaps, bench.stack.registry
    with bench.stack.awake(bench.standard):
        other = bench.small_model()
        bench.stack.promote(bench.standard)
        target = submit_and_note_model(bench.stack.settings.api_port)
        seconds = (swaps + 1) * SECONDS_BETWEEN
        with child.running(
            load, target, bench.thumbnails.files, clients=bench.effort.clients, seconds=seconds
        ) as future:
            for number in range(swaps):
                time.sleep(SECONDS_BETWEEN)
                registry.set_alias(PRODUCTION_ALIAS, (other, bench.standard)[number % 2].version)
            run = future.result()
        bench.stack.promote(bench.standard)
    versions = [version for _, version in run.answers]
    if set(versions) != {other.version, bench.standard.version}:
        raise BenchmarkError(f"Only version {', '.join(set(versions))} answered while models were swapped.")
    value = f"{len(run.failures)} of {len(run.answers) + len(run.failures):,} requests, {swaps} swaps"
    row = Row("Requests failed while the model is swapped", value, "", len(run.failures), Unit.COUNT, NONE_FAILS)
    return Report(rows=[row])
