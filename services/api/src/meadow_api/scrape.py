"""What is looked up for a scrape: queues, workers, what waits, and the quality of answers.

Made anew each time, so that no time series outlives what it is about.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from redis.exceptions import RedisError
from typing_extensions import override

from meadow.schemas.models import ModelRef
from meadow.schemas.status import SystemStatus
from meadow_api.quality_metrics import quality_metrics
from meadow_api.resources import Resources
from meadow_core.backlog import Backlog, read_backlog
from meadow_core.jobs.fleet import read_status

NO_VERSION = "none"

logger = logging.getLogger(__name__)


class Scrape(Collector):
    """The gateway's own counts, and what was looked up."""

    def __init__(self, counted: CollectorRegistry, looked_up: Sequence[Metric]) -> None:
        self._counted = counted
        self._looked_up = looked_up

    @override
    def collect(self) -> Iterator[Metric]:
        """Give both."""
        yield from self._counted.collect()
        yield from self._looked_up


async def scrape(gateway: Resources) -> Scrape:
    """Look everything up; while Redis or the registry is away, what they know is missing, and the rest is there."""
    found: list[Metric] = []
    reading = await gateway.quality.latest()
    production = reading.model.ref if reading and reading.model else None
    try:
        found += status_metrics(await read_status(gateway.redis), production)
        found += backlog_metrics(await read_backlog(gateway.redis))
        redis_up = True
    except RedisError as error:
        logger.warning("Redis does not answer a scrape: %s", error)
        redis_up = False
    found.append(GaugeMetricFamily("meadow_redis_up", "Whether Redis answered.", redis_up))
    if gateway.quality.registry_up is not None:
        found.append(
            GaugeMetricFamily("meadow_gateway_registry_up", "Whether the registry did.", gateway.quality.registry_up)
        )
    if reading is not None:
        found += quality_metrics(reading)
    return Scrape(gateway.metrics.registry, found)


def status_metrics(status: SystemStatus, production: ModelRef | None) -> Iterator[Metric]:
    """Queues and workers."""
    depth = GaugeMetricFamily("meadow_queue_depth", "Messages waiting.", labels=["queue"])
    age = GaugeMetricFamily(
        "meadow_queue_oldest_message_age_seconds", "Age of the oldest waiting message.", labels=["queue"]
    )
    for queue in status.queues:
        depth.add_metric([queue.name], queue.depth)
        age.add_metric([queue.name], queue.oldest_age_seconds or 0.0)
    yield depth
    yield age
    yield GaugeMetricFamily("meadow_inflight_bytes", "Image bytes held in Redis.", status.inflight_bytes)
    yield GaugeMetricFamily("meadow_workers", "Worker processes that report.", len(status.workers))
    serving = GaugeMetricFamily("meadow_workers_serving", "Worker processes by what they serve.", labels=["version"])
    versions = Counter(worker.model.version if worker.model else NO_VERSION for worker in status.workers)
    for version, processes in sorted(versions.items()):
        serving.add_metric([version], processes)
    yield serving
    refusing = sum(worker.refused is not None for worker in status.workers)
    yield GaugeMetricFamily(
        "meadow_workers_refusing", "Worker processes whose host refuses the version in production.", refusing
    )
    if production is not None:
        behind = sum(worker.model != production for worker in status.workers)
        yield GaugeMetricFamily(
            "meadow_workers_behind", "Worker processes that serve another version than production.", behind
        )


def backlog_metrics(backlog: Backlog) -> Iterator[Metric]:
    """What waits beside the queues."""
    for name, about, value in (
        ("units_leased", "Units of work that a worker holds.", backlog.leased),
        ("webhooks_pending", "Webhooks that are not settled.", backlog.webhooks),
        ("review_images", "Uncertain images that wait for a person.", backlog.reviews),
        ("kept_image_bytes", "Image bytes kept in Redis for feedback.", backlog.kept_bytes),
        ("redis_memory_used_bytes", "What Redis says it uses.", backlog.redis_used_bytes),
        ("redis_memory_max_bytes", "What Redis may use; 0 without a limit.", backlog.redis_max_bytes),
    ):
        yield GaugeMetricFamily(f"meadow_{name}", about, value)
