"""What a scrape of a worker gives: the counts of all its processes, its model cache, and its host."""

import os
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from typing_extensions import override

from meadow_core.host_metrics import HostCollector
from meadow_core.registry.cache import ModelCache
from meadow_core.settings.services import WorkerSettings


def worker_registry(folder: Path, settings: WorkerSettings) -> CollectorRegistry:
    """Collect what is counted in a folder, and look at the rest when asked."""
    registry = CollectorRegistry()
    registry.register(ProcessesCollector(folder))
    registry.register(CacheCollector(ModelCache(settings.model_cache)))
    registry.register(HostCollector(settings.home))
    return registry


class ProcessesCollector(Collector):
    """Adds up the counts of the processes. What a dead one has counted stays counted; what it was ends with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._collector = MultiProcessCollector(None, path=str(folder))  # type: ignore[no-untyped-call]

    @override
    def collect(self) -> Iterator[Metric]:
        """Give the sums."""
        for file in self._folder.glob("gauge_live*_*.db"):
            pid = int(file.stem.rpartition("_")[2])
            if not _lives(pid):
                mark_process_dead(pid, str(self._folder))  # type: ignore[no-untyped-call]
        yield from self._collector.collect()  # type: ignore[no-untyped-call]


class CacheCollector(Collector):
    """How many bundles this host keeps, and their size."""

    def __init__(self, cache: ModelCache) -> None:
        self._cache = cache

    @override
    def collect(self) -> Iterator[Metric]:
        """Look at the folder."""
        bundles, size = self._cache.usage()
        yield GaugeMetricFamily("meadow_model_cache_bundles", "Model bundles on this host's disk.", bundles)
        yield GaugeMetricFamily("meadow_model_cache_bytes", "Their size.", size)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
