"""The measurements by name, in the order in which they run."""

from collections.abc import Callable

from meadow_bench.interactive import measure_one_client
from meadow_bench.priority_latency import measure_priority_latency
from meadow_bench.profiling import measure_profile
from meadow_bench.report import Report
from meadow_bench.scale import measure_scale
from meadow_bench.submission import measure_submission
from meadow_bench.swap import measure_swap
from meadow_bench.throughput import CONTESTS, measure_throughput
from meadow_bench.workbench import Workbench

ALONE: dict[str, Callable[[Workbench], Report]] = {
    "single": measure_one_client,
    "overtaking": measure_priority_latency,
    "submission": measure_submission,
    "swap": measure_swap,
    "scale": measure_scale,
    "profile": measure_profile,
}
NAMES = (*CONTESTS, *ALONE)


def measure(bench: Workbench, names: tuple[str, ...]) -> Report:
    """Make the measurements of these names."""
    report = Report()
    contests = [name for name in CONTESTS if name in names]
    if contests:
        report += measure_throughput(bench, contests)
    for name, one in ALONE.items():
        if name in names:
            bench.tell(f"measuring {name} ...")
            report += one(bench)
    return report
