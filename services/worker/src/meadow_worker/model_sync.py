"""Keeping a host's production model fresh: one thread a host asks the registry, all processes profit."""

import logging
import threading

from meadow.schemas.models import ModelRef, RefusedModel
from meadow_core.bundle.manifest import BundleError
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry, RegistryError
from meadow_worker.metrics import WorkerMetrics

logger = logging.getLogger(__name__)


class ModelSync:
    """Fetches the production version into the host's cache whenever it changes."""

    def __init__(
        self, cache: ModelCache, registry: ModelRegistry, metrics: WorkerMetrics, *, poll_seconds: float
    ) -> None:
        self._cache = cache
        self._registry = registry
        self._metrics = metrics
        self._poll_seconds = poll_seconds
        self._stop = threading.Event()
        self._refused: ModelRef | None = None
        self._shown = ""
        self._registry_up: bool | None = None

    def refresh(self) -> bool:
        """Look once; a registry that is down leaves the cached model in place.

        Returns:
            Whether a model is here to serve.
        """
        try:
            info = self._registry.production()
            if info is not None:
                self._follow(info.ref)
            self._note_registry(up=True)
        except RegistryError as error:
            self._note_registry(up=False, reason=str(error))
        self._show_refusal()
        return self._cache.pointed() is not None

    def wait_for_model(self) -> bool:
        """Return once there is a model to serve; False when stopped before.

        A host that has one begins at once, whether or not the registry answers; `run` looks what is new.
        """
        # A restart is another chance: the software may have changed, or the host.
        self._cache.forgive()
        cached = self._cache.pointed()
        if cached is not None and self._cache.path_of(cached) is not None:
            return not self._stop.is_set()
        while not self.refresh():
            if self._stop.wait(self._poll_seconds):
                return False
        return not self._stop.is_set()

    def run(self) -> None:
        """Look again and again until stopped."""
        while not self._stop.is_set():
            try:
                self.refresh()
            except Exception:
                # A sync that ended quietly would leave the host on its old model for good.
                logger.exception("could not look for a new model; trying again")
            self._stop.wait(self._poll_seconds)

    def refused(self) -> RefusedModel | None:
        """Return the version in production, if this host does not serve it."""
        return self._cache.refused()

    def stop(self) -> None:
        """End `run` and `wait_for_model`."""
        self._stop.set()

    def _note_registry(self, *, up: bool, reason: str = "") -> None:
        """Count every look, but log only what changes: an outage is looked at every few seconds."""
        self._metrics.registry_up.set(up)
        if up != self._registry_up:
            self._registry_up = up
            if up:
                logger.info("the registry answers")
            else:
                logger.warning("the registry does not answer; a cached model keeps serving: %s", reason)

    def _show_refusal(self) -> None:
        refused = self._cache.refused()
        version = refused.model.version if refused else ""
        if version != self._shown:
            if self._shown:
                self._metrics.refused.labels(self._shown).set(0)
            if version:
                self._metrics.refused.labels(version).set(1)
            self._shown = version

    def _follow(self, ref: ModelRef) -> None:
        refused = self._cache.refused()
        if refused is not None and refused.model != ref:
            self._cache.forgive()
        if ref != self._refused:
            self._refused = None
            self._take(ref)

    def _take(self, ref: ModelRef) -> None:
        try:
            self._cache.ensure(ref, self._registry)
        except BundleError as error:
            # Damaged once is damaged for good: do not download it again every few seconds.
            self._refused = ref
            self._metrics.swap_refused.inc()
            self._cache.refuse(ref, str(error))
            logger.exception("refused model version %s", ref.version)
            return
        if self._cache.pointed() != ref:
            self._cache.point(ref)
