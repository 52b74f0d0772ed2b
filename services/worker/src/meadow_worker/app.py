"""The worker's Celery application: its tasks, and what happens around them."""

import logging

from billiard.exceptions import WorkerLostError
from celery import Celery
from celery.signals import task_failure, worker_init, worker_process_init, worker_process_shutdown, worker_shutdown

from meadow_core.jobs.keys import Unit
from meadow_core.jobs.sweeper import Sweeper
from meadow_core.names import CLASSIFY_IMAGE_TASK, CLASSIFY_PACK_TASK, FILL_BATCH_TASK
from meadow_core.queueing.app import create_celery
from meadow_core.settings.services import WorkerSettings
from meadow_core.tracing import configure_tracing, end_tracing
from meadow_worker.inference_process import InferenceProcess
from meadow_worker.metrics import WorkerMetrics

STARTUP_SECONDS = 120.0
"""How long a process may take to load its model before Celery takes it for dead."""

logger = logging.getLogger(__name__)


class WorkerApp:
    """Celery's tasks, bound to the inference process that runs them."""

    def __init__(self, settings: WorkerSettings, sweeper: Sweeper, metrics: WorkerMetrics, *, threads: bool) -> None:
        self._settings = settings
        self._threads = threads
        self._sweeper = sweeper
        self._metrics = metrics
        self._process: InferenceProcess | None = None
        self.celery = self._create()

    def _create(self) -> Celery:
        celery = create_celery(self._settings)
        celery.conf.worker_proc_alive_timeout = STARTUP_SECONDS

        @celery.task(name=CLASSIFY_IMAGE_TASK)
        def classify_image(unit: str) -> None:
            self._running().classify_image(Unit.parse(unit))

        @celery.task(name=CLASSIFY_PACK_TASK)
        def classify_pack(unit: str) -> None:
            self._running().classify_pack(Unit.parse(unit))

        @celery.task(name=FILL_BATCH_TASK)
        def fill_batch(unit: str) -> None:
            self._running().expand_batch(Unit.parse(unit))

        # Threads share the main process; forked processes each have a life of their own.
        started, stopped = (
            (worker_init, worker_shutdown) if self._threads else (worker_process_init, worker_process_shutdown)
        )
        started.connect(self._on_process_start, weak=False)
        stopped.connect(self._on_process_stop, weak=False)
        task_failure.connect(self._on_task_failure, weak=False)
        return celery

    def _running(self) -> InferenceProcess:
        if self._process is None:
            raise RuntimeError("The inference process was not started.")
        return self._process

    def _on_process_start(self, **_: object) -> None:
        configure_tracing(self._settings, "meadow-worker")
        # Counts of one process must be made once: two of them would overwrite each other.
        self._process = InferenceProcess(self._settings, self._metrics if self._threads else WorkerMetrics())
        self._process.start()

    def _on_process_stop(self, **_: object) -> None:
        if self._process:
            self._process.stop()
        end_tracing()

    def _on_task_failure(self, task_id: str, exception: BaseException, **_: object) -> None:
        """Celery's main process learns that an inference process died: its lease need not run out first."""
        if isinstance(exception, WorkerLostError):
            logger.warning("lost the process that worked on %s", task_id)
            self._metrics.lost.inc()
            self._sweeper.release(Unit.parse(task_id))
