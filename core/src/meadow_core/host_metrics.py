"""Disk and memory of the host or container that a service runs in, for Prometheus."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

CGROUP = Path("/sys/fs/cgroup")
MEMINFO = Path("/proc/meminfo")
KIBIBYTE = 1024


class HostCollector(Collector):
    """Looks when it is asked, so that it costs nothing between two scrapes.

    A container's own limit counts before the memory of its host: that is what ends it.
    """

    def __init__(self, home: Path, *, cgroup: Path = CGROUP, meminfo: Path = MEMINFO) -> None:
        self._home = home
        self._cgroup = cgroup
        self._meminfo = meminfo

    @override
    def collect(self) -> Iterator[Metric]:
        """Give what can be read here; nothing of what cannot."""
        try:
            disk = shutil.disk_usage(self._home if self._home.exists() else self._home.absolute().anchor)
        except OSError:
            pass
        else:
            yield GaugeMetricFamily("meadow_disk_size_bytes", "Size of the disk of the home folder.", disk.total)
            yield GaugeMetricFamily("meadow_disk_free_bytes", "What is free on it.", disk.free)
        memory = self._container_memory() or self._host_memory()
        if memory:
            size, available = memory
            yield GaugeMetricFamily("meadow_memory_size_bytes", "Memory of the container, or of the host.", size)
            yield GaugeMetricFamily("meadow_memory_available_bytes", "What of it can still be had.", available)

    def _container_memory(self) -> tuple[int, int] | None:
        try:
            limit = int((self._cgroup / "memory.max").read_text())
            used = int((self._cgroup / "memory.current").read_text())
            stat = dict(line.split() for line in (self._cgroup / "memory.stat").read_text().splitlines())
        except (OSError, ValueError):
            # No container, no version 2 of control groups, or no limit.
            return None
        # Files that were only read are given up before anything is ended.
        return limit, max(limit - used + int(stat.get("inactive_file", 0)), 0)

    def _host_memory(self) -> tuple[int, int] | None:
        try:
            lines = dict(line.split(":", 1) for line in self._meminfo.read_text().splitlines())
            size, available = (int(lines[name].split()[0]) * KIBIBYTE for name in ("MemTotal", "MemAvailable"))
        except (OSError, ValueError, KeyError):
            return None
        return size, available
