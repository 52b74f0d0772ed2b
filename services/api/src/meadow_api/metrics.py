"""What the gateway counts, for Prometheus."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meadow.status import SystemStatus

LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
UNMATCHED_ROUTE = "unmatched"


class GatewayMetrics:
    """The gateway's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "meadow_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.latency = Histogram(
            "meadow_http_request_duration_seconds",
            "From a request's first byte to its response's last.",
            ["method", "route"],
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.submitted = Counter("meadow_jobs_submitted", "Jobs accepted.", ["kind"], registry=self.registry)
        self.refused = Counter("meadow_jobs_refused", "Submissions refused.", ["code"], registry=self.registry)
        self.queue_depth = Gauge("meadow_queue_depth", "Messages waiting.", ["queue"], registry=self.registry)
        self.queue_age = Gauge(
            "meadow_queue_oldest_message_age_seconds",
            "Age of the oldest waiting message.",
            ["queue"],
            registry=self.registry,
        )
        self.workers = Gauge("meadow_workers", "Worker processes that report.", registry=self.registry)
        self.inflight = Gauge("meadow_inflight_bytes", "Image bytes held in Redis.", registry=self.registry)

    def observe(self, status: SystemStatus) -> None:
        """Take over what Redis says of queues and workers."""
        for queue in status.queues:
            self.queue_depth.labels(queue.name).set(queue.depth)
            self.queue_age.labels(queue.name).set(queue.oldest_age_seconds or 0)
        self.workers.set(len(status.workers))
        self.inflight.set(status.inflight_bytes)


class RequestMetrics:
    """Counts and times every request by its route, never by its path: the labels stay few."""

    def __init__(self, app: ASGIApp, metrics: GatewayMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            route = getattr(scope.get("route"), "path", UNMATCHED_ROUTE)
            method = scope["method"] if route != UNMATCHED_ROUTE else ""
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.latency.labels(method, route).observe(time.perf_counter() - started)
