"""`meadow-worker`: run the inference worker of this host."""

import os
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

from pydantic import ValidationError
from rich.console import Console

from meadow.schemas.queues import BATCH_QUEUE, INTERACTIVE_QUEUE
from meadow_core.logs import configure_logging
from meadow_core.settings.services import WorkerSettings
from meadow_worker.engines.base import EngineUnavailableError
from meadow_worker.engines.choose import resolve_engine, shares_device

METRICS_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def main() -> None:
    """Wait for a model, then serve it until told to stop."""
    configure_logging()
    try:
        settings = WorkerSettings.load()
        configure_logging(settings.log_format, service="worker")
        engine = resolve_engine(settings.worker_engine)
    except (ValidationError, EngineUnavailableError) as error:
        Console(stderr=True).print(f"The worker cannot start: {error}", markup=False)
        sys.exit(2)
    _serve(settings, engine, _fresh_metrics_folder(settings))


def _fresh_metrics_folder(settings: WorkerSettings) -> Path:
    """Make the folder in which the processes of this host add up their metrics."""
    folder = settings.home / "run" / "worker-metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # The metrics library reads the variable when it is imported, which the imports below do.
    os.environ[METRICS_FOLDER_VARIABLE] = str(folder)
    return folder


def _serve(settings: WorkerSettings, engine: str, metrics_folder: Path) -> None:
    # These import the metrics library, and MLflow: before the fork, so that it is loaded once for all processes.
    import mlflow  # noqa: F401, PLC0415
    from prometheus_client import start_http_server  # noqa: PLC0415

    from meadow_core.jobs.connection import connect  # noqa: PLC0415
    from meadow_core.jobs.sweeper import Sweeper  # noqa: PLC0415
    from meadow_core.registry.cache import ModelCache  # noqa: PLC0415
    from meadow_core.registry.versions import ModelRegistry  # noqa: PLC0415
    from meadow_core.storage.s3 import ObjectStore  # noqa: PLC0415
    from meadow_worker.app import WorkerApp  # noqa: PLC0415
    from meadow_worker.background import Background  # noqa: PLC0415
    from meadow_worker.exposition import worker_registry  # noqa: PLC0415
    from meadow_worker.garbage_collection import garbage_collectors  # noqa: PLC0415
    from meadow_worker.metrics import WorkerMetrics  # noqa: PLC0415
    from meadow_worker.model_sync import ModelSync  # noqa: PLC0415

    metrics = WorkerMetrics()
    cache, registry = ModelCache(settings.model_cache), ModelRegistry(settings)
    sync = ModelSync(cache, registry, metrics, poll_seconds=settings.model_poll_seconds)
    client = connect(settings)
    sweeper = Sweeper(client, settings, on_swept=metrics.note_swept)
    collectors = garbage_collectors(client, ObjectStore(settings), settings)
    background = Background(client, sync, sweeper, collectors, engine=engine)

    def stop_waiting(_signal: int, _frame: FrameType | None) -> None:
        background.stop()

    # Celery puts its own handlers in place once it runs.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop_waiting)
    start_http_server(
        settings.worker_metrics_port, settings.worker_metrics_host, registry=worker_registry(metrics_folder, settings)
    )
    if not background.wait_for_model():
        return
    background.start()
    threads = shares_device(engine)
    concurrency = settings.worker_threads if threads else settings.worker_processes
    WorkerApp(settings, sweeper, metrics, threads=threads).celery.worker_main(
        [
            "worker",
            f"--queues={INTERACTIVE_QUEUE},{BATCH_QUEUE}",
            f"--concurrency={concurrency}",
            f"--pool={'threads' if threads else 'prefork'}",
            "--hostname=worker@%h",
            "--loglevel=INFO",
            "--without-mingle",
            "--without-gossip",
        ]
    )
    background.stop()


if __name__ == "__main__":
    main()
