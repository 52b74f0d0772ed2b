"""What a worker counts, for Prometheus; correct over all its processes."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from meadow.schemas.queues import BATCH_QUEUE, INTERACTIVE_QUEUE
from meadow_core.jobs.sweeper import SweptFor

SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12)
WAIT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128)
OUTCOMES = ("succeeded", "failed")


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
        self.waited = Histogram(
            "meadow_job_wait_seconds",
            "Jobs of one image: from acceptance to claim.",
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self.decode = Histogram(
            "meadow_decode_duration_seconds",
            "Decoding one image to the model's size.",
            buckets=SECONDS_BUCKETS,
            registry=registry,
        )
        self.infer = Histogram(
            "meadow_inference_duration_seconds", "One run of the network.", buckets=SECONDS_BUCKETS, registry=registry
        )
        self.batch = Histogram(
            "meadow_inference_batch_images", "Images of one run.", buckets=BATCH_BUCKETS, registry=registry
        )
        self.serving = Gauge(
            "meadow_model_serving",
            "Processes that serve a version.",
            ["version"],
            registry=registry,
            multiprocess_mode="livesum",
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
        self.resent = Counter(
            "meadow_units_resent", "Units of work sent again after a loss.", ["lost"], registry=registry
        )
        self.expired = Counter("meadow_jobs_expired", "Jobs that waited past their deadline.", registry=registry)
        self.given_up = Counter(
            "meadow_units_given_up",
            "Jobs and images of batches that killed every worker.",
            ["queue"],
            registry=registry,
        )
        self.postponed = Counter(
            "meadow_units_postponed",
            "Units of work given back because a store was away, or their model does not run here.",
            registry=registry,
        )
        self.lost = Counter("meadow_processes_lost", "Inference processes that died at work.", registry=registry)
        self.registry_up = Gauge(
            "meadow_registry_up",
            "Whether the model registry answered last.",
            registry=registry,
            multiprocess_mode="max",
        )
        # A counter that is not there before its first event hides that event from `increase`.
        for queue in (INTERACTIVE_QUEUE, BATCH_QUEUE):
            self.given_up.labels(queue)
            self.seconds.labels(queue)
            for outcome in OUTCOMES:
                self.images.labels(queue, outcome)
        for reason in (SweptFor.LEASE, SweptFor.MESSAGE):
            self.resent.labels(reason.value)

    def note_swept(self, reason: SweptFor) -> None:
        """Count what a sweep has done."""
        if reason is SweptFor.DEADLINE:
            self.expired.inc()
        else:
            self.resent.labels(reason.value).inc()

    def note_run(self, images: int, seconds: float) -> None:
        """Count a run of the network."""
        self.batch.observe(images)
        self.infer.observe(seconds)
