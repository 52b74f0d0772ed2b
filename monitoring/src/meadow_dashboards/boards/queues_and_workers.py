"""What waits, what is done about it, and what it costs."""

from meadow_dashboards.model import Dashboard, Row
from meadow_dashboards.panels import RATE, lines, quantiles

QUEUES_AND_WORKERS = Dashboard(
    uid="meadow-queues-workers",
    title="Meadow: queues and workers",
    about="What waits, what is done about it, and what it costs.",
    rows=(
        Row(
            "Queues",
            (
                lines("Messages that wait", ("max by (queue) (meadow_queue_depth)", "{{queue}}")),
                lines(
                    "Age of the oldest message",
                    ("max by (queue) (meadow_queue_oldest_message_age_seconds)", "{{queue}}"),
                    unit="s",
                ),
                lines("Units of work in hand", ("max(meadow_units_leased)", "leased")),
                quantiles("Wait of one image", "meadow_job_wait_seconds", about="From acceptance to claim."),
                lines(
                    "Sent again, given up, expired, postponed",
                    (f"sum by (lost) (increase(meadow_units_resent_total[{RATE}]))", "lost {{lost}}, sent again"),
                    (f"sum by (queue) (increase(meadow_units_given_up_total[{RATE}]))", "given up: {{queue}}"),
                    (f"sum(increase(meadow_jobs_expired_total[{RATE}]))", "expired"),
                    (f"sum(increase(meadow_units_postponed_total[{RATE}]))", "postponed"),
                    about="Lost messages and leases are made good; units that are given up have failed.",
                ),
                lines(
                    "Tasks as Flower sees them",
                    (f"sum by (type) (rate(flower_events_total[{RATE}]))", "{{type}}"),
                ),
            ),
        ),
        Row(
            "Workers",
            (
                lines("Processes by version", ("max by (version) (meadow_workers_serving)", "version {{version}}")),
                lines(
                    "Images answered a second",
                    (f"sum by (queue, outcome) (rate(meadow_images_total[{RATE}]))", "{{queue}} {{outcome}}"),
                    stacked=True,
                ),
                quantiles("Unit of work", "meadow_unit_duration_seconds", by="queue", about="From claim to answer."),
                quantiles("Decoding an image", "meadow_decode_duration_seconds"),
                quantiles("Running the network", "meadow_inference_duration_seconds", about="One run, many images."),
                lines(
                    "Images in a run of the network",
                    (
                        (
                            f"sum(rate(meadow_inference_batch_images_sum[{RATE}])) "
                            f"/ sum(rate(meadow_inference_batch_images_count[{RATE}]))"
                        ),
                        "mean",
                    ),
                ),
                lines(
                    "Share of time in decoding and in the network",
                    (f"sum(rate(meadow_decode_duration_seconds_sum[{RATE}]))", "decoding"),
                    (f"sum(rate(meadow_inference_duration_seconds_sum[{RATE}]))", "network"),
                    about="Processes' worth of each: the sum is at most the number of processes.",
                ),
                lines(
                    "Models taken up and refused",
                    (f"sum(increase(meadow_model_swaps_total[{RATE}]))", "taken up"),
                    (f"sum(increase(meadow_model_swaps_refused_total[{RATE}]))", "refused"),
                    ("max(meadow_workers_refusing)", "processes refusing now"),
                ),
                lines(
                    "Processes that died, and the registry",
                    (f"sum(increase(meadow_processes_lost_total[{RATE}]))", "died"),
                    ("min(meadow_registry_up)", "registry answers"),
                ),
                lines("Model cache", ("sum by (instance) (meadow_model_cache_bytes)", "{{instance}}"), unit="bytes"),
            ),
        ),
    ),
)
