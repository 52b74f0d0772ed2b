"""What a worker counts, for Prometheus; correct over all its processes."""

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12)


class WorkerMetrics:
    """The worker's metrics. Make them once a process, after the multi-process folder is set."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self.images = Counter("meadow_images", "Images answered.", ["queue", "outcome"], registry=registry)
        self.seconds = Histogram(
            "meadow_unit_duration_seconds",
            "From a unit's claim to its answer.",
            ["queue"],
            buckets=SECONDS_BUCKETS,
            registry=registry,
        )
        self.swaps = Counter("meadow_model_swaps", "Model versions taken into service.", registry=registry)
        self.swap_refused = Counter("meadow_model_swaps_refused", "Model versions refused.", registry=registry)
        self.refused = Gauge(
            "meadow_model_refused",
            "1 while the version in production is refused on this host, and what it served before goes on.",
            ["version"],
            registry=registry,
            multiprocess_mode="max",
        )
        self.resent = Counter("meadow_units_resent", "Units of work sent again after a loss.", registry=registry)
        self.registry_up = Gauge(
            "meadow_registry_up",
            "Whether the model registry answered last.",
            registry=registry,
            multiprocess_mode="max",
        )


def multiprocess_registry(folder: Path) -> CollectorRegistry:
    """Collect what all the worker's processes have counted."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    return registry
