"""What the gateway counts while it works, for Prometheus. What is looked up at a scrape is in `scrape`."""

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.process_collector import ProcessCollector

from meadow.schemas.jobs import JobKind
from meadow.schemas.webhook import WebhookState
from meadow_api.problem_types import PROBLEM_TYPES
from meadow_core.host_metrics import HostCollector

LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
OTHER = "other"
"""Label of whatever has no label of its own: what callers make up must not make time series."""


class GatewayMetrics:
    """The gateway's metrics, in a registry of their own."""

    def __init__(self, home: Path) -> None:
        registry = self.registry = CollectorRegistry()
        self.requests = Counter(
            "meadow_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self.latency = Histogram(
            "meadow_http_request_duration_seconds",
            "From a request's first byte to its response's last; held: the caller asked to wait for a job.",
            ["method", "route", "held"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.in_progress = Gauge("meadow_http_requests_in_progress", "Requests not answered yet.", registry=registry)
        self.submitted = Counter("meadow_jobs_submitted", "Jobs accepted.", ["kind"], registry=registry)
        self.refused = Counter("meadow_jobs_refused", "Submissions of an image refused.", ["code"], registry=registry)
        self.problems = Counter("meadow_problems", "Problems answered, of all routes.", ["code"], registry=registry)
        self.webhook_attempts = Counter(
            "meadow_webhook_attempts", "Webhooks called, by what became of them.", ["outcome"], registry=registry
        )
        # A counter that is not there before its first event hides that event from `increase`.
        for kind in JobKind:
            self.submitted.labels(kind.value)
        for code in (*PROBLEM_TYPES, OTHER):
            self.problems.labels(code)
        for state in WebhookState:
            self.webhook_attempts.labels(state.value)
        ProcessCollector(registry=registry)
        registry.register(HostCollector(home))

    def note_problem(self, code: str) -> None:
        """Count a problem by its code."""
        self.problems.labels(code if code in PROBLEM_TYPES else OTHER).inc()
