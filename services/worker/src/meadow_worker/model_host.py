"""The models of one inference process: the one in production, and the one a running batch is pinned to."""

import logging
import threading
import time
from collections.abc import Callable

from meadow.errors import MeadowError
from meadow.schemas.digests import short_digest
from meadow.schemas.models import ModelRef
from meadow_core.bundle.manifest import BundleError
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry
from meadow_worker.metrics import WorkerMetrics
from meadow_worker.served_model import ServedModel

UNFIT_SECONDS = 300.0
"""For how long a version that did not load is not tried again for a batch: a try costs seconds, and may help later."""

logger = logging.getLogger(__name__)


class NoModelError(MeadowError):
    """No model is in production yet."""


class ModelHost:
    """Loads models, swaps them between jobs, and keeps the old one when a new one is bad.

    `refresh` is for a thread of its own: jobs never wait for a load, but for the first.

    Safe to share between threads: one of them loads a new model while the others go on with the old one.
    """

    def __init__(
        self,
        cache: ModelCache,
        registry: ModelRegistry,
        load: Callable[[ModelRef], ServedModel],
        metrics: WorkerMetrics,
    ) -> None:
        self._cache = cache
        self._registry = registry
        self._load = load
        self._metrics = metrics
        self._current: ServedModel | None = None
        self._pinned: ServedModel | None = None
        self._unfit: dict[str, tuple[float, str]] = {}
        """Digest -> when, and why it did not load for a batch."""
        self._seen_pointer = 0
        self._refused: ModelRef | None = None
        self._swapping = threading.Lock()
        self._pinning = threading.Lock()

    @property
    def serving(self) -> ModelRef | None:
        """The version in production as this process serves it."""
        return self._current.ref if self._current else None

    @property
    def engine(self) -> str:
        """What runs the production model, for people; empty before there is one."""
        return self._current.engine if self._current else ""

    def current(self) -> ServedModel:
        """Return the production model as this process has it; the first one is loaded here.

        Raises:
            NoModelError: There is none yet.
        """
        if self._current is None:
            self.refresh()
        if self._current is None:
            raise NoModelError("No model is in production yet, or none that can be served.")
        return self._current

    def refresh(self) -> bool:
        """Load the model that the host's model sync has fetched, if it is another one.

        Returns:
            Whether there was one, be it served now or refused.
        """
        if self._cache.pointer_changed_ns() == self._seen_pointer:
            return False
        with self._swapping:
            return self._take_pointed()

    def pinned(self, ref: ModelRef) -> ServedModel:
        """Return the version that a batch was started with, which may have left production since.

        Raises:
            RegistryError: The version is not here and cannot be downloaded.
            BundleError: It is damaged, or does not answer here as it should.
        """
        with self._pinning:
            for model in (self._current, self._pinned):
                if model is not None and model.ref.digest == ref.digest:
                    return model
            tried_at, reason = self._unfit.get(ref.digest, (0.0, ""))
            if reason and time.monotonic() - tried_at < UNFIT_SECONDS:
                raise BundleError(reason)
            try:
                self._cache.ensure(ref, self._registry)
                pinned = self._pinned = self._load(ref)
            except BundleError as error:
                self._unfit[ref.digest] = time.monotonic(), str(error)
                raise
            return pinned

    def _take_pointed(self) -> bool:
        changed = self._cache.pointer_changed_ns()
        if changed == self._seen_pointer:
            return False
        ref = self._cache.pointed()
        self._seen_pointer = changed
        if ref is None or ref == self.serving:
            return False
        if self._take(ref):
            self._cache.note_served(ref)
        elif self._current is None:
            # The host was restarted over a bad version: what it served before that one is better than nothing.
            before = self._cache.served()
            if before is not None and before != ref:
                self._take(before)
        return True

    def _take(self, ref: ModelRef) -> bool:
        try:
            model = self._load(ref)
        except Exception as error:  # whatever it is, the old model is better than none
            self._metrics.swap_refused.inc()
            self._refused = ref
            self._cache.refuse(ref, str(error))
            logger.exception("refused model version %s; %s keeps serving", ref.version, self.serving)
            return False
        if self._refused == ref:
            # The model sync may have mended it just before it was refused.
            self._refused = None
            self._cache.forgive()
        # What a running batch is pinned to is most likely the version that just left production.
        with self._pinning:
            self._pinned, self._current = self._current, model
        if self._pinned:
            self._metrics.serving.labels(self._pinned.ref.version).set(0)
        self._metrics.serving.labels(ref.version).set(1)
        self._metrics.swaps.inc()
        logger.info("serving model version %s (%s)", ref.version, short_digest(ref.digest))
        return True
