"""`meadow-trainer`: run the training worker of this host."""

import sys

from pydantic import ValidationError
from rich.console import Console

from meadow.schemas.queues import TRAINING_QUEUE
from meadow_core.jobs.connection import connect
from meadow_core.logs import configure_logging
from meadow_core.settings.services import TrainerSettings
from meadow_core.tracing import TracingUnavailableError, configure_tracing, end_tracing


def main() -> None:
    """Run training jobs until shut down."""
    configure_logging()
    try:
        settings = TrainerSettings.load()
        configure_logging(settings.log_format, service="trainer")
        configure_tracing(settings, "meadow-trainer")
    except (ValidationError, TracingUnavailableError) as error:
        Console(stderr=True).print(f"The trainer cannot start: {error}", markup=False)
        sys.exit(2)
    # torch and MLflow take seconds to import: report wrong settings first.
    from prometheus_client import start_http_server  # noqa: PLC0415

    from meadow_trainer.jobs.ingest import IngestJobs  # noqa: PLC0415
    from meadow_trainer.jobs.metrics import TrainerMetrics  # noqa: PLC0415
    from meadow_trainer.jobs.tasks import TrainingJobs, create_training_app  # noqa: PLC0415

    client, metrics = connect(settings), TrainerMetrics(settings.home)
    start_http_server(settings.trainer_metrics_port, settings.trainer_metrics_host, registry=metrics.registry)
    app = create_training_app(
        settings,
        TrainingJobs.connect(settings, client, metrics),
        IngestJobs.connect(settings, client, metrics),
    )
    app.worker_main(
        [
            "worker",
            f"--queues={TRAINING_QUEUE}",
            # One run at a time uses all cores; a thread keeps Celery's main loop free to answer pings and send events.
            "--pool=threads",
            "--concurrency=1",
            "--hostname=trainer@%h",
            "--loglevel=INFO",
            "--without-mingle",
            "--without-gossip",
        ]
    )
    end_tracing()


if __name__ == "__main__":
    main()
