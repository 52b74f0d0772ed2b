"""Whether time and memory stay flat while batches grow a hundredfold, with a model so small that all else shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from meadow_bench import child
from meadow_bench.folder import classify_folder
from meadow_bench.memory import GATEWAY, MEBIBYTE, REDIS, WORKER, MemorySamples, sampled
from meadow_bench.pictures import many_links
from meadow_bench.report import Listing, Report
from meadow_bench.rows import Bar, Row
from meadow_bench.workbench import Workbench

TIME_BAR = Bar(must=1.1, aim=1.0, at_most=True)
MEMORY_BAR = Bar(must=1.1, at_most=True)
MILLISECONDS = 1000


@dataclass(frozen=True)
class _Batch:
    size: int
    seconds: float
    client_peak: float
    """In MiB."""
    memory: MemorySamples

    @property
    def milliseconds(self) -> float:
        """For each image."""
        return self.seconds / self.size * MILLISECONDS


def measure_scale(bench: Workbench) -> Report:
    """Classify folders of growing size; the last is compared with the first."""
    images = bench.thumbnails.files
    batches = []
    with bench.stack.awake(bench.standard):
        bench.stack.promote(bench.small_model())
        # Caches fill and allocators grow once, whatever the size: that belongs to no batch.
        _classify(bench, images, bench.effort.batch_sizes[0], "warm-up")
        for size in bench.effort.batch_sizes:
            batch = _classify(bench, images, size, str(size))
            bench.tell(f"{size:,} images in one batch: {batch.milliseconds:.2f} ms an image")
            batches.append(batch)
        bench.stack.promote(bench.standard)
    return _reported(batches)


def _classify(bench: Workbench, images: Sequence[Path], size: int, name: str) -> _Batch:
    folder = many_links(images, size, bench.scratch / "many" / name)
    with sampled(bench.stack) as memory:
        run = child.run(classify_folder, bench.stack.url, folder, keep_answers=False)
    return _Batch(size, run.seconds, run.peak_memory / MEBIBYTE, memory)


def _reported(batches: list[_Batch]) -> Report:
    first, last = batches[0], batches[-1]
    compared = f"{last.size:,} images in one batch"
    rows = [
        Row(
            f"{compared}: time of an image",
            f"{last.milliseconds:.2f} ms",
            f"{first.milliseconds:.2f} ms in a batch of {first.size:,}",
            last.milliseconds / first.milliseconds,
            bar=TIME_BAR,
        )
    ]
    for part, bar in ((GATEWAY, MEMORY_BAR), (REDIS, MEMORY_BAR), (WORKER, None)):
        most, least = last.memory.peak(part), first.memory.peak(part)
        rows.append(
            Row(
                f"{compared}: most memory of the {part}"
                if part != REDIS
                else f"{compared}: most memory of Redis's keys",
                f"{most:.1f} MiB",
                f"{least:.1f} MiB in a batch of {first.size:,}",
                most / least,
                bar=bar,
            )
        )
    headings = ("images", "seconds", "ms an image", "gateway MiB", "worker MiB", "Redis MiB", "client MiB")
    lines = [
        (
            f"{batch.size:,}",
            f"{batch.seconds:.1f}",
            f"{batch.milliseconds:.2f}",
            *(f"{batch.memory.peak(part):.1f}" for part in (GATEWAY, WORKER, REDIS)),
            f"{batch.client_peak:.1f}",
        )
        for batch in batches
    ]
    return Report(rows, [Listing("Batches of growing size", headings, lines)])
