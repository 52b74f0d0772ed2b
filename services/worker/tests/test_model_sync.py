"""Keeping a host's model fresh, over a real cache and registry."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import Counter, Gauge

from meadow.schemas.models import PRODUCTION_ALIAS, ModelInfo, ModelRef
from meadow_core.bundle.manifest import MODEL_FILE
from meadow_core.names import BUNDLE_DIGEST_TAG
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings
from meadow_worker.metrics import WorkerMetrics
from meadow_worker.model_host import ModelHost, NoModelError
from meadow_worker.model_sync import ModelSync
from meadow_worker.served_model import ServedModel
from mlflow_warnings import MLFLOW_WARNINGS

pytestmark = MLFLOW_WARNINGS

POLL = 0.02
Register = Callable[..., ModelRef]


@pytest.fixture
def sync(cache: ModelCache, registry: ModelRegistry, metrics: WorkerMetrics) -> ModelSync:
    return ModelSync(cache, registry, metrics, poll_seconds=POLL)


@pytest.fixture
def promote(registry: ModelRegistry) -> Callable[[ModelRef], ModelRef]:
    def run(ref: ModelRef) -> ModelRef:
        registry.set_alias(PRODUCTION_ALIAS, ref.version)
        return ref

    return run


@pytest.fixture
def dead_registry(monkeypatch: pytest.MonkeyPatch) -> ModelRegistry:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{probe.getsockname()[1]}"
    return ModelRegistry(Settings.model_validate({"mlflow_tracking_uri": uri}))


def value(metric: Counter | Gauge) -> float:
    [family] = metric.collect()
    return sum(sample.value for sample in family.samples if not sample.name.endswith("_created"))


def corrupt(folder: Path) -> None:
    (folder / MODEL_FILE).write_bytes(b"other")


def test_without_a_model_in_production_there_is_nothing_to_serve(sync: ModelSync, register: Register) -> None:
    assert not sync.refresh()
    register()
    assert not sync.refresh()


def test_what_is_promoted_is_fetched_and_pointed_at(
    sync: ModelSync, register: Register, promote: Callable[[ModelRef], ModelRef], cache: ModelCache
) -> None:
    for name in ("first", "second"):
        ref = promote(register(dataset_name=name))
        assert sync.refresh()
        assert cache.pointed() == ref
        assert cache.path_of(ref)


def test_nothing_is_written_while_nothing_changes(
    sync: ModelSync,
    register: Register,
    promote: Callable[[ModelRef], ModelRef],
    cache: ModelCache,
    registry: ModelRegistry,
) -> None:
    promote(register())
    sync.refresh()
    written = cache.pointer_changed_ns()
    for _ in range(3):
        sync.refresh()
    assert cache.pointer_changed_ns() == written
    assert registry.downloads == 1  # type: ignore[attr-defined]


def test_a_rollback_needs_no_download(
    sync: ModelSync,
    register: Register,
    promote: Callable[[ModelRef], ModelRef],
    cache: ModelCache,
    registry: ModelRegistry,
) -> None:
    old, new = register(dataset_name="old"), register(dataset_name="new")
    for ref in (old, new, old):
        promote(ref)
        sync.refresh()
        assert cache.pointed() == ref
    assert registry.downloads == 2  # type: ignore[attr-defined]


def test_a_registry_that_is_down_leaves_the_cached_model(
    sync: ModelSync,
    register: Register,
    promote: Callable[[ModelRef], ModelRef],
    cache: ModelCache,
    dead_registry: ModelRegistry,
    metrics: WorkerMetrics,
) -> None:
    """Also over a restart of the host: what is asked then is the cache alone."""
    ref = promote(register())
    sync.refresh()
    assert value(metrics.registry_up) == 1
    restarted = ModelSync(cache, dead_registry, metrics, poll_seconds=POLL)
    assert restarted.wait_for_model()
    assert cache.pointed() == ref
    assert restarted.refresh()
    assert value(metrics.registry_up) == 0
    sync.refresh()
    assert value(metrics.registry_up) == 1


def test_a_damaged_version_is_refused_once_and_not_fetched_again(
    sync: ModelSync,
    register: Register,
    promote: Callable[[ModelRef], ModelRef],
    cache: ModelCache,
    metrics: WorkerMetrics,
    registry: ModelRegistry,
) -> None:
    good = promote(register())
    sync.refresh()
    damaged = promote(register(damage=corrupt, dataset_name="damaged"))
    for _ in range(3):
        assert sync.refresh()
    assert cache.pointed() == good
    assert value(metrics.swap_refused) == 1
    assert registry.downloads == 2  # type: ignore[attr-defined]
    refused = cache.refused()
    assert refused
    assert refused.model == damaged
    assert "not the file that was trained" in refused.reason
    assert value(metrics.refused) == 1
    better = promote(register(dataset_name="better"))
    sync.refresh()
    assert cache.pointed() == better
    assert cache.refused() is None
    assert value(metrics.refused) == 0
    # To go back to what was refused is to try it again.
    promote(damaged)
    sync.refresh()
    assert value(metrics.swap_refused) == 2
    assert cache.pointed() == better


def test_a_version_that_is_no_bundle_is_refused_and_the_registry_not_blamed(
    sync: ModelSync,
    register: Register,
    promote: Callable[[ModelRef], ModelRef],
    cache: ModelCache,
    registry: ModelRegistry,
    metrics: WorkerMetrics,
) -> None:
    good = promote(register())
    sync.refresh()
    bare = promote(register(dataset_name="bare"))
    registry._client.delete_model_version_tag(bare.name, bare.version, BUNDLE_DIGEST_TAG)
    assert sync.refresh()
    assert cache.pointed() == good
    refused = cache.refused()
    assert refused
    assert "carries no bundle digest" in refused.reason
    assert value(metrics.registry_up) == 1


def test_a_damaged_bundle_in_the_cache_is_mended_and_taken_up_without_a_restart(
    sync: ModelSync,
    register: Register,
    promote: Callable[[ModelRef], ModelRef],
    cache: ModelCache,
    registry: ModelRegistry,
    metrics: WorkerMetrics,
    load: Callable[..., ServedModel],
) -> None:
    ref = promote(register())
    sync.refresh()
    corrupt(cache._folder / ref.digest)
    # The host starts again: its processes find the damage before its sync has looked.
    host = ModelHost(cache, registry, lambda ref: load(ref, cache._folder / ref.digest), metrics)
    restarted = ModelSync(ModelCache(cache._folder), registry, metrics, poll_seconds=POLL)
    assert restarted.wait_for_model()
    with pytest.raises(NoModelError):
        host.current()
    assert cache.refused()
    restarted.refresh()
    assert host.current().ref == ref
    assert cache.refused() is None
    assert value(metrics.refused) == 0


def test_a_host_waits_for_its_first_model(
    sync: ModelSync, register: Register, promote: Callable[[ModelRef], ModelRef]
) -> None:
    found: list[bool] = []
    waiting = threading.Thread(target=lambda: found.append(sync.wait_for_model()))
    waiting.start()
    waiting.join(5 * POLL)
    assert waiting.is_alive()
    promote(register())
    waiting.join(10)
    assert found == [True]


def test_a_host_that_is_stopped_waits_no_longer(sync: ModelSync) -> None:
    stopping = threading.Timer(2 * POLL, sync.stop)
    stopping.start()
    assert not sync.wait_for_model()


def test_nothing_that_goes_wrong_ends_the_keeper(
    cache: ModelCache,
    registry: ModelRegistry,
    metrics: WorkerMetrics,
    register: Register,
    promote: Callable[[ModelRef], ModelRef],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ref = promote(register())
    ask, asked = registry.production, threading.Event()

    def fail_once() -> ModelInfo | None:
        if not asked.is_set():
            asked.set()
            raise MemoryError
        return ask()

    monkeypatch.setattr(registry, "production", fail_once)
    sync = ModelSync(cache, registry, metrics, poll_seconds=POLL)
    running = threading.Thread(target=sync.run)
    running.start()
    for _ in range(500):
        if cache.pointed() == ref or not running.is_alive():
            break
        running.join(POLL)
    sync.stop()
    running.join(10)
    assert asked.is_set()
    assert cache.pointed() == ref
