"""What is trained, what came of it, and whether Airflow still sees to it."""

from meadow_dashboards.model import Dashboard, Row
from meadow_dashboards.panels import RATE, RED_ABOVE_ZERO, lines, number

AIRFLOW = "airflow"
MEAN_SECONDS = (
    "sum by (kind) (increase(meadow_training_job_duration_seconds_sum[1d])) "
    "/ (sum by (kind) (increase(meadow_training_job_duration_seconds_count[1d])) > 0) or vector(0)"
)

TRAINING = Dashboard(
    uid="meadow-training",
    title="Meadow: training and Airflow",
    about="What is trained, what came of it, and whether Airflow still sees to it.",
    rows=(
        Row(
            "Now",
            (
                number("Runs in work", 'sum(meadow_training_jobs_running{kind="training"})'),
                number("Epoch", "max(meadow_training_epoch)"),
                number("of", "max(meadow_training_epochs)"),
                number(
                    "Failed in a row",
                    'max(meadow_training_failures_in_a_row{kind="training"})',
                    steps=RED_ABOVE_ZERO,
                ),
                number(
                    "Since the last success",
                    'time() - max(meadow_training_last_success_timestamp_seconds{kind="training"})',
                    unit="s",
                ),
                number(
                    "Hold-out accuracy",
                    "max(meadow_training_holdout_accuracy_ratio)",
                    unit="percentunit",
                ),
            ),
        ),
        Row(
            "Training",
            (
                lines(
                    "Loss and validation accuracy",
                    ("max(meadow_training_loss)", "loss"),
                    ("max(meadow_training_validation_accuracy_ratio)", "validation accuracy"),
                ),
                lines(
                    "Jobs that ended, by day",
                    ("sum by (kind, outcome) (increase(meadow_training_jobs_total[1d]))", "{{kind}} {{outcome}}"),
                ),
                lines(
                    "Decisions, by day",
                    (
                        "sum by (decision, cause) (increase(meadow_training_decisions_total[1d])) > 0 or vector(0)",
                        "{{decision}} ({{cause}})",
                    ),
                ),
                lines(
                    "Mean duration",
                    (
                        MEAN_SECONDS,
                        "{{kind}}",
                    ),
                    unit="s",
                ),
                lines("Messages that wait", ('max(meadow_queue_depth{queue="training"})', "training")),
                lines(
                    "Memory of the trainer",
                    ('max by (instance) (process_resident_memory_bytes{job="trainer"})', "{{instance}}"),
                    unit="bytes",
                ),
            ),
        ),
        Row(
            "Airflow",
            (
                lines(
                    "Heartbeats of the scheduler",
                    (f"sum(rate(airflow_scheduler_heartbeat[{RATE}]))", "a second"),
                    needs=AIRFLOW,
                ),
                lines(
                    "Tasks",
                    ("max(airflow_executor_running_tasks)", "running"),
                    ("max(airflow_executor_queued_tasks)", "queued"),
                    needs=AIRFLOW,
                ),
                lines(
                    "Files of DAGs that cannot be read",
                    ("max(airflow_dag_processing_import_errors)", "files"),
                    needs=AIRFLOW,
                ),
            ),
        ),
    ),
)
