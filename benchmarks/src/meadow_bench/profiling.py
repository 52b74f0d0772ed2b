"""Where the time of a folder goes: CPU seconds of every process, and what the worker's own metrics say."""

import re
import urllib.request
from dataclasses import dataclass

import psutil

from meadow_bench import child
from meadow_bench.contest import Images
from meadow_bench.folder import FolderResult, classify_folder
from meadow_bench.report import Listing, Report
from meadow_bench.stack import MeasuredStack
from meadow_bench.workbench import Workbench

TITLES = {"api": "gateway", "redis": "Redis", "s3": "S3 server", "worker": "worker, main process"}
INFERENCE = "inference process"
MILLISECONDS = 1000
_SUM = re.compile(r"^(?P<name>\w+_seconds)_sum(?P<labels>\{[^}]*\})? (?P<value>[-+.\deE]+)$", re.MULTILINE)


@dataclass(frozen=True)
class _Cpu:
    user: float
    system: float

    def since(self, before: "_Cpu") -> "_Cpu":
        """What was used after an earlier look."""
        return _Cpu(self.user - before.user, self.system - before.system)


def measure_profile(bench: Workbench) -> Report:
    """Watch one folder of each kind."""
    report = Report()
    for images in (bench.thumbnails, bench.photos):
        with bench.stack.awake(bench.standard):
            report.listings += _watched(bench.stack, images)
    return report


def _watched(stack: MeasuredStack, images: Images) -> list[Listing]:
    before, metrics_before = _processes(stack), _worker_seconds(stack)
    run = child.run(classify_folder, stack.url, images.folder)
    used = {name: cpu.since(before[name]) for name, cpu in _processes(stack).items() if name in before}
    metrics = {name: total - metrics_before.get(name, 0.0) for name, total in _worker_seconds(stack).items()}
    return [
        _by_process(images, run, used),
        _by_worker(images, {name: total for name, total in metrics.items() if total > 0}),
    ]


def _processes(stack: MeasuredStack) -> dict[str, _Cpu]:
    """CPU time so far, by what each process is."""
    found: dict[str, _Cpu] = {}
    for part, pid in stack.pids().items():
        process = psutil.Process(pid)
        children = process.children(recursive=True)
        if part == "worker":
            found |= {f"{INFERENCE} {number + 1}": _cpu([one]) for number, one in enumerate(children)}
            children = []
        found[TITLES.get(part, part)] = _cpu([process, *children])
    return found


def _cpu(processes: list[psutil.Process]) -> _Cpu:
    times = [process.cpu_times() for process in processes]
    return _Cpu(sum(one.user for one in times), sum(one.system for one in times))


def _worker_seconds(stack: MeasuredStack) -> dict[str, float]:
    """Every duration that the worker sums up."""
    url = f"http://127.0.0.1:{stack.settings.worker_metrics_port}/metrics"
    with urllib.request.urlopen(url, timeout=10) as response:
        text = response.read().decode()
    return {found["name"] + (found["labels"] or ""): float(found["value"]) for found in _SUM.finditer(text)}


def _by_process(images: Images, run: FolderResult, used: dict[str, _Cpu]) -> Listing:
    count = len(images.files)
    used["client"] = _Cpu(run.user_seconds, run.system_seconds)
    total = sum(one.user + one.system for one in used.values())
    lines = [
        (
            name,
            f"{cpu.user:.2f}",
            f"{cpu.system:.2f}",
            f"{(cpu.user + cpu.system) / total:.1%}",
            f"{(cpu.user + cpu.system) / count * MILLISECONDS:.3f}",
        )
        for name, cpu in sorted(used.items(), key=lambda item: -(item[1].user + item[1].system))
    ]
    title = (
        f"CPU seconds of a folder of {count:,} {images.title}: {run.seconds:.1f} s on the clock, "
        f"{total:.1f} s of CPU ({total / run.seconds:.2f} cores)"
    )
    return Listing(title, ("process", "user s", "system s", "share", "ms an image"), lines)


def _by_worker(images: Images, seconds: dict[str, float]) -> Listing:
    count = len(images.files)
    lines = [
        (name, f"{total:.2f}", f"{total / count * MILLISECONDS:.3f}")
        for name, total in sorted(seconds.items(), key=lambda item: -item[1])
    ]
    return Listing(f"The worker's own clocks, {images.title}", ("metric", "seconds", "ms an image"), lines)
