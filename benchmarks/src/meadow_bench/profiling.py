"""Where the time of folders and of concurrent clients goes: CPU of every process, and the worker's own metrics."""

import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import psutil

from meadow.cli.shrink import AUTO, OFF
from meadow_bench import child
from meadow_bench.comparison import Images
from meadow_bench.folder import classify_folder
from meadow_bench.load.generator import load
from meadow_bench.load.meadow import submit_and_wait
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


@dataclass(frozen=True)
class _Run:
    """Something that was watched."""

    what: str
    images: int
    seconds: float
    client: _Cpu


def measure_profile(bench: Workbench) -> Report:
    """Watch folders, and concurrent clients."""
    report = Report()
    watched = (
        partial(_folder, bench.stack, bench.thumbnails),
        partial(_clients, bench, bench.thumbnails),
        partial(_folder, bench.stack, bench.photos),
        partial(_folder, bench.stack, bench.photos, OFF),
        partial(_clients, bench, bench.photos),
    )
    for one in watched:
        with bench.stack.awake(bench.standard):
            report.listings += _watched(bench.stack, one)
    return report


def _folder(stack: MeasuredStack, images: Images, shrink: str = AUTO) -> _Run:
    run = child.run(classify_folder, stack.url, images.folder, shrink=shrink)
    what = f"a folder of {len(images.files):,} {images.title}" + ("" if shrink == AUTO else f", --shrink {shrink}")
    return _Run(what, len(images.files), run.seconds, _Cpu(run.user_seconds, run.system_seconds))


def _clients(bench: Workbench, images: Images) -> _Run:
    target, clients = submit_and_wait(bench.stack.settings.api_port), bench.effort.clients
    files = images.files[: images.requests]
    run = child.run(load, target, files, clients=clients)
    run.require_clean("Meadow", len(files))
    what = f"{clients} clients that send {len(files):,} {images.title}"
    return _Run(what, len(files), run.seconds, _Cpu(run.user_seconds, run.system_seconds))


def _watched(stack: MeasuredStack, watched: Callable[[], _Run]) -> list[Listing]:
    before, metrics_before = _processes(stack), _worker_seconds(stack)
    run = watched()
    used = {name: cpu.since(before[name]) for name, cpu in _processes(stack).items() if name in before}
    metrics = {name: total - metrics_before.get(name, 0.0) for name, total in _worker_seconds(stack).items()}
    return [
        _by_process(run, used),
        _by_worker(run, {name: total for name, total in metrics.items() if total > 0}),
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


def _by_process(run: _Run, used: dict[str, _Cpu]) -> Listing:
    used["client"] = run.client
    total = sum(one.user + one.system for one in used.values())
    lines = [
        (
            name,
            f"{cpu.user:.2f}",
            f"{cpu.system:.2f}",
            f"{(cpu.user + cpu.system) / total:.1%}",
            f"{(cpu.user + cpu.system) / run.images * MILLISECONDS:.3f}",
        )
        for name, cpu in sorted(used.items(), key=lambda item: -(item[1].user + item[1].system))
    ]
    title = (
        f"CPU seconds of {run.what}: {run.seconds:.1f} s on the clock, "
        f"{total:.1f} s of CPU ({total / run.seconds:.2f} cores)"
    )
    return Listing(title, ("process", "user s", "system s", "share", "ms an image"), lines)


def _by_worker(run: _Run, seconds: dict[str, float]) -> Listing:
    lines = [
        (name, f"{total:.2f}", f"{total / run.images * MILLISECONDS:.3f}")
        for name, total in sorted(seconds.items(), key=lambda item: -item[1])
    ]
    return Listing(f"The worker's own clocks, {run.what}", ("metric", "seconds", "ms an image"), lines)
