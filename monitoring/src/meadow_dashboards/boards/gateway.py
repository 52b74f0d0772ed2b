"""Whether the gateway keeps its promise, and who is in its way."""

from meadow_dashboards.model import Dashboard, Row
from meadow_dashboards.panels import RATE, lines, number, quantiles

GATEWAY = Dashboard(
    uid="meadow-gateway",
    title="Meadow: gateway and its promise",
    about="99.5 % of all requests without a fault of ours; 99 % of submissions and polls within half a second.",
    rows=(
        Row(
            "The promise",
            (
                number(
                    "Fail, 5 minutes", "meadow:http_errors:ratio_rate5m", unit="percentunit", steps=((0.005, "red"),)
                ),
                number("Fail, 1 hour", "meadow:http_errors:ratio_rate1h", unit="percentunit", steps=((0.005, "red"),)),
                number("Fail, 6 hours", "meadow:http_errors:ratio_rate6h", unit="percentunit", steps=((0.005, "red"),)),
                number("Slow, 5 minutes", "meadow:http_slow:ratio_rate5m", unit="percentunit", steps=((0.01, "red"),)),
                number("Slow, 1 hour", "meadow:http_slow:ratio_rate1h", unit="percentunit", steps=((0.01, "red"),)),
                number("In progress", "sum(meadow_http_requests_in_progress)"),
                lines(
                    "How fast the error budget burns",
                    ("meadow:http_errors:ratio_rate5m / 0.005", "5 minutes"),
                    ("meadow:http_errors:ratio_rate1h / 0.005", "1 hour"),
                    ("meadow:http_errors:ratio_rate6h / 0.005", "6 hours"),
                    about="At 1 it lasts the 30 days; above 14.4 it is gone in two.",
                    width=24,
                ),
            ),
        ),
        Row(
            "Requests",
            (
                lines(
                    "By route",
                    (f"sum by (method, route) (rate(meadow_http_requests_total[{RATE}]))", "{{method}} {{route}}"),
                    unit="reqps",
                ),
                lines(
                    "By status",
                    (f"sum by (status) (rate(meadow_http_requests_total[{RATE}]))", "{{status}}"),
                    unit="reqps",
                ),
                quantiles(
                    "Time of requests that do not wait",
                    "meadow_http_request_duration_seconds",
                    selector='{held="false", route!~"/metrics|/healthz|/readyz|.*/events"}',
                ),
                lines(
                    "Slowest routes, 95th percentile",
                    (
                        (
                            "topk(8, histogram_quantile(0.95, sum by (le, route) "
                            f'(rate(meadow_http_request_duration_seconds_bucket{{held="false"}}[{RATE}]))))'
                        ),
                        "{{route}}",
                    ),
                    unit="s",
                ),
                lines(
                    "Problems by code",
                    (f"sum by (code) (rate(meadow_problems_total[{RATE}])) > 0 or vector(0)", "{{code}}"),
                    unit="reqps",
                ),
                lines("Jobs accepted", (f"sum by (kind) (rate(meadow_jobs_submitted_total[{RATE}]))", "{{kind}}")),
            ),
        ),
        Row(
            "Admission and what is kept",
            (
                lines(
                    "Refused for lack of room",
                    (f'sum(rate(meadow_problems_total{{code="overloaded"}}[{RATE}]))', "refused"),
                    unit="reqps",
                ),
                lines(
                    "Image bytes in Redis",
                    ("max(meadow_inflight_bytes)", "in flight"),
                    ("max(meadow_kept_image_bytes)", "kept for feedback"),
                    unit="bytes",
                ),
                lines(
                    "Memory of Redis",
                    ("max(meadow_redis_memory_used_bytes)", "used"),
                    ("max(meadow_redis_memory_max_bytes)", "limit"),
                    unit="bytes",
                ),
                lines("Webhooks that wait", ("max(meadow_webhooks_pending)", "pending")),
                lines(
                    "Webhooks called",
                    (f"sum by (outcome) (increase(meadow_webhook_attempts_total[{RATE}]))", "{{outcome}}"),
                ),
                lines(
                    "Memory and processor of the gateway",
                    ('sum by (instance) (process_resident_memory_bytes{job="gateway"})', "{{instance}}"),
                    unit="bytes",
                ),
            ),
        ),
    ),
)
