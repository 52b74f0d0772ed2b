"""One inference process: its parts put together, started and stopped."""

import logging

from meadow.schemas.models import ModelRef
from meadow_core.bundle.manifest import BundleError
from meadow_core.jobs.connection import connect
from meadow_core.jobs.expansion import BatchExpansion
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.jobs.unit_keys import queue_of
from meadow_core.jobs.waiting import WaitingImages
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings.services import WorkerSettings
from meadow_core.storage.s3 import ObjectStore
from meadow_worker.engines.choose import resolve_engine, shares_device
from meadow_worker.expansion.batch_expander import BatchExpander
from meadow_worker.explaining.explainer import Explainer
from meadow_worker.handlers.claiming import Claiming
from meadow_worker.handlers.expansion_handler import ExpansionHandler
from meadow_worker.handlers.image_handler import ImageHandler
from meadow_worker.handlers.pack_handler import PackHandler
from meadow_worker.handlers.postponement import Postponement
from meadow_worker.heartbeat import Heartbeat
from meadow_worker.image_watchdog import ImageWatchdog
from meadow_worker.isolation import PackIsolation
from meadow_worker.metrics import WorkerMetrics
from meadow_worker.model_host import ModelHost, NoModelError
from meadow_worker.model_reloader import ModelReloader
from meadow_worker.pack_reader import PackReader
from meadow_worker.prediction_monitor import PredictionMonitor
from meadow_worker.served_model import ServedModel
from meadow_worker.work_gate import WorkGate

logger = logging.getLogger(__name__)


class InferenceProcess:
    """Connections, models, handlers and heartbeats of a process; made after the fork."""

    def __init__(self, settings: WorkerSettings, metrics: WorkerMetrics | None = None) -> None:
        self._settings = settings
        self._engine = resolve_engine(settings.worker_engine)
        self._metrics = metrics or WorkerMetrics()
        store = ObjectStore(settings)
        self._cache = ModelCache(settings.model_cache)
        self._models = ModelHost(self._cache, ModelRegistry(settings), self._load, self._metrics)
        client = connect(settings)
        leases = JobLeases(client, settings, on_given_up=self._note_given_up)
        has_threads = shares_device(self._engine)
        sharing = settings.worker_threads if has_threads else settings.worker_processes
        self._watchdog = ImageWatchdog(settings.image_seconds)
        self._monitor = PredictionMonitor(client, store, settings)
        heartbeats = Heartbeat(
            client,
            leases,
            engine=lambda: self._models.engine,
            serving=lambda: self._models.serving,
            refused=self._cache.refused,
        )
        self._heartbeats = heartbeats
        self._reloader = ModelReloader(self._models, on_change=heartbeats.report)

        self._gate = WorkGate() if has_threads else None
        claiming, postponement = Claiming(leases, self._gate), Postponement(leases, self._metrics)
        waiting, explainer = WaitingImages(client, processes=sharing), Explainer(store, leases, settings)
        packs = PackReader(store, settings)
        isolation = PackIsolation(store, leases, packs, settings)
        expander = BatchExpander(store, leases, BatchExpansion(client, settings), settings)
        self._images = ImageHandler(
            claiming, leases, self._models, waiting, explainer, heartbeats, self._monitor, self._metrics
        )
        self._packs = PackHandler(
            claiming,
            postponement,
            leases,
            self._models,
            store,
            settings.jobs_bucket,
            packs,
            isolation,
            heartbeats,
            self._monitor,
            self._metrics,
        )
        self._expansions = ExpansionHandler(claiming, postponement, leases, expander, heartbeats)

    def start(self) -> None:
        """Load the model, then say that the process is there."""
        try:
            self._models.current()
        except NoModelError:
            # The watch takes up the next one that is promoted; until then jobs wait.
            logger.exception("there is no model that this process can serve")
        except Exception:
            # Celery hands jobs to a process whether or not it has started well: what follows must be there for them.
            logger.exception("could not load a model; trying again")
        self._watchdog.start()
        self._monitor.start()
        self._reloader.start()
        # Last, because it waits for a Redis that is away.
        self._heartbeats.start()

    def stop(self) -> None:
        """Say that the process is gone."""
        self._reloader.stop()
        self._monitor.stop()
        self._heartbeats.stop()
        self._watchdog.stop()

    def classify_image(self, unit: Unit) -> None:
        """Answer a job of one image."""
        self._images.handle(unit)

    def classify_pack(self, unit: Unit) -> None:
        """Answer a pack of a batch."""
        self._packs.handle(unit)

    def expand_batch(self, unit: Unit) -> None:
        """Add packs to a batch from its source."""
        self._expansions.handle(unit)

    def _note_given_up(self, unit: Unit) -> None:
        self._metrics.given_up.labels(queue_of(unit)).inc()

    def _load(self, ref: ModelRef) -> ServedModel:
        folder = self._cache.path_of(ref)
        if folder is None:
            raise BundleError(f"Version {ref.version} is not in this host's cache.")
        return ServedModel(
            ref,
            folder,
            engine=self._engine,
            precision=self._settings.worker_precision,
            max_image_pixels=self._settings.max_image_pixels,
            on_decode=self._metrics.decode.observe,
            on_run=self._metrics.note_run,
            watching=self._watchdog.watching,
        )
