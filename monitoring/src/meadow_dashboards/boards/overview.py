"""All at a glance: is it well, and if not, where to look on."""

from meadow_dashboards.model import Dashboard, Row
from meadow_dashboards.panels import RATE, RED_ABOVE_ZERO, lines, number

OVERVIEW = Dashboard(
    uid="meadow-overview",
    title="Meadow: overview",
    about="Is it well, and if not, where to look on.",
    rows=(
        Row(
            "Now",
            (
                number("Alerts", 'count(ALERTS{alertstate="firing"}) or vector(0)', steps=RED_ABOVE_ZERO),
                number("Worker processes", "max(meadow_workers)"),
                number(
                    "Longest wait for one image",
                    'max(meadow_queue_oldest_message_age_seconds{queue="interactive"})',
                    unit="s",
                    steps=((10.0, "orange"), (30.0, "red")),
                ),
                number(
                    "Requests that fail",
                    "meadow:http_errors:ratio_rate5m",
                    unit="percentunit",
                    steps=((0.005, "orange"), (0.05, "red")),
                    about="Of all but health checks, over five minutes.",
                ),
                number("Workers on another model", "max(meadow_workers_behind)", steps=RED_ABOVE_ZERO),
                number("Drifting", "sum(max by (dimension) (meadow_quality_drift))", steps=RED_ABOVE_ZERO),
            ),
        ),
        Row(
            "Work",
            (
                lines(
                    "Images answered a second",
                    (f"sum by (queue) (rate(meadow_images_total[{RATE}]))", "{{queue}}"),
                    stacked=True,
                ),
                lines("Messages that wait", ("max by (queue) (meadow_queue_depth)", "{{queue}}")),
                lines(
                    "Requests a second",
                    (f"sum by (status) (rate(meadow_http_requests_total[{RATE}]))", "{{status}}"),
                    unit="reqps",
                    stacked=True,
                ),
            ),
        ),
        Row(
            "Room",
            (
                lines("Memory of Redis", ("max(meadow_redis_memory_used_bytes)", "used"), unit="bytes"),
                lines(
                    "Free disk",
                    ("meadow_disk_free_bytes / meadow_disk_size_bytes", "{{job}} {{instance}}"),
                    unit="percentunit",
                ),
                lines(
                    "Available memory",
                    ("meadow_memory_available_bytes / meadow_memory_size_bytes", "{{job}} {{instance}}"),
                    unit="percentunit",
                ),
            ),
        ),
    ),
)
