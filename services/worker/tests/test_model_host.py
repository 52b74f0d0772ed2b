"""One process's models, over a real cache and registry."""

from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import Counter

from meadow.schemas.models import ModelRef
from meadow_core.bundle.manifest import MODEL_FILE, BundleError
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry, RegistryError
from meadow_worker import model_host
from meadow_worker.metrics import WorkerMetrics
from meadow_worker.model_host import ModelHost, NoModelError
from meadow_worker.served_model import ServedModel
from mlflow_warnings import MLFLOW_WARNINGS

pytestmark = MLFLOW_WARNINGS

Register = Callable[..., ModelRef]


@pytest.fixture
def loaded() -> list[str]:
    """Digests in the order in which they were loaded."""
    return []


@pytest.fixture
def host(
    cache: ModelCache,
    registry: ModelRegistry,
    metrics: WorkerMetrics,
    load: Callable[..., ServedModel],
    loaded: list[str],
) -> ModelHost:
    def load_cached(ref: ModelRef) -> ServedModel:
        loaded.append(ref.digest)
        folder = cache.path_of(ref)
        if folder is None:
            raise BundleError(f"Version {ref.version} is not in this host's cache.")
        return load(ref, folder)

    return ModelHost(cache, registry, load_cached, metrics)


@pytest.fixture
def produce(cache: ModelCache, registry: ModelRegistry) -> Callable[[ModelRef], ModelRef]:
    """Fetch a version and point at it, as the host's model sync does."""

    def run(ref: ModelRef) -> ModelRef:
        cache.ensure(ref, registry)
        cache.point(ref)
        return ref

    return run


def total(counter: Counter) -> float:
    [metric] = counter.collect()
    return sum(sample.value for sample in metric.samples if sample.name.endswith("_total"))


def test_without_a_model_it_says_so(host: ModelHost) -> None:
    with pytest.raises(NoModelError):
        host.current()
    assert host.serving is None


def test_the_model_is_swapped_between_jobs(
    host: ModelHost,
    register: Register,
    produce: Callable[[ModelRef], ModelRef],
    metrics: WorkerMetrics,
    images: list[bytes],
) -> None:
    old = produce(register(decision_threshold=0.0))
    running = host.current()
    assert (running.ref, host.serving) == (old, old)
    new = produce(register(decision_threshold=1.0))
    # A job that has begun ends with the model it began with.
    assert running.classify(images[0]).decision == "confident"
    assert host.current() is running
    assert host.refresh()
    assert host.current().ref == new
    assert host.current().classify(images[0]).decision == "unsure"
    assert (host.serving, total(metrics.swaps)) == (new, 2)


def test_a_model_is_loaded_once_however_many_jobs_ask(
    host: ModelHost, register: Register, produce: Callable[[ModelRef], ModelRef], loaded: list[str], cache: ModelCache
) -> None:
    ref = produce(register())
    first = host.current()
    cache.point(ref)
    assert not host.refresh()
    assert host.current() is first
    assert loaded == [ref.digest]


def test_a_bad_model_leaves_the_old_one_serving(
    host: ModelHost,
    register: Register,
    produce: Callable[[ModelRef], ModelRef],
    metrics: WorkerMetrics,
    loaded: list[str],
    images: list[bytes],
    cache: ModelCache,
) -> None:
    good = produce(register())
    expected = host.current().classify(images[0]).scores
    bad = produce(register(edit=lambda folder: (folder / MODEL_FILE).write_bytes(b"no graph") and None))
    for _ in range(3):
        host.refresh()
        assert host.current().classify(images[0]).scores == expected
    assert host.serving == good
    refused = cache.refused()
    assert refused
    assert refused.model == bad
    assert "does not load into openvino" in refused.reason
    assert (total(metrics.swap_refused), total(metrics.swaps)) == (1, 1)
    assert loaded.count(bad.digest) == 1
    better = produce(register(dataset_name="better"))
    assert host.refresh()
    assert host.current().ref == better


def test_a_batch_keeps_the_version_that_left_production(
    host: ModelHost, register: Register, produce: Callable[[ModelRef], ModelRef], loaded: list[str]
) -> None:
    old = produce(register(dataset_name="old"))
    host.current()
    new = produce(register(dataset_name="new"))
    assert host.refresh()
    host.current()
    for _ in range(2):
        assert host.pinned(old).ref == old
        assert host.pinned(new).ref == new
    assert host.current().ref == new
    assert loaded == [old.digest, new.digest]


def test_a_version_that_this_host_never_had_is_fetched(
    host: ModelHost, register: Register, produce: Callable[[ModelRef], ModelRef], cache: ModelCache
) -> None:
    pinned, current = register(dataset_name="pinned"), produce(register(dataset_name="current"))
    host.current()
    assert cache.path_of(pinned) is None
    assert host.pinned(pinned).manifest.dataset_name == "pinned"
    assert host.serving == current


def test_a_version_that_cannot_be_had_is_an_error_and_changes_nothing(
    host: ModelHost, register: Register, produce: Callable[[ModelRef], ModelRef]
) -> None:
    current = produce(register())
    host.current()
    with pytest.raises(RegistryError):
        host.pinned(ModelRef(name=current.name, version="99", digest="none"))

    def corrupt(folder: Path) -> None:
        (folder / MODEL_FILE).write_bytes(b"other")

    with pytest.raises(BundleError):
        host.pinned(register(damage=corrupt, dataset_name="damaged"))
    assert host.current().ref == current


def test_a_version_that_does_not_run_here_is_not_tried_for_each_pack_of_a_batch(
    host: ModelHost,
    register: Register,
    produce: Callable[[ModelRef], ModelRef],
    loaded: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    produce(register())
    host.current()
    unfit = register(edit=lambda folder: (folder / MODEL_FILE).write_bytes(b"no graph") and None, dataset_name="unfit")
    for _ in range(3):
        with pytest.raises(BundleError, match="does not load into openvino"):
            host.pinned(unfit)
    assert loaded.count(unfit.digest) == 1
    monkeypatch.setattr(model_host, "UNFIT_SECONDS", 0.0)
    with pytest.raises(BundleError, match="does not load into openvino"):
        host.pinned(unfit)
    assert loaded.count(unfit.digest) == 2


def test_a_process_that_starts_over_a_bad_model_serves_the_last_good_one(
    host: ModelHost,
    register: Register,
    produce: Callable[[ModelRef], ModelRef],
    cache: ModelCache,
    registry: ModelRegistry,
    metrics: WorkerMetrics,
) -> None:
    good = produce(register())
    host.current()
    bad = produce(register(edit=lambda folder: (folder / MODEL_FILE).write_bytes(b"no graph") and None))
    restarted = ModelHost(cache, registry, host._load, metrics)
    assert restarted.current().ref == good
    refused = cache.refused()
    assert refused
    assert refused.model == bad


def test_without_any_good_model_a_process_waits_for_one(
    host: ModelHost, register: Register, produce: Callable[[ModelRef], ModelRef]
) -> None:
    produce(register(edit=lambda folder: (folder / MODEL_FILE).write_bytes(b"no graph") and None))
    for _ in range(2):
        with pytest.raises(NoModelError):
            host.current()
    good = produce(register())
    assert host.current().ref == good


def test_a_version_that_is_mended_just_before_it_is_refused_is_refused_no_longer(
    host: ModelHost, register: Register, cache: ModelCache, registry: ModelRegistry
) -> None:
    ref = register()
    model = cache.ensure(ref, registry) / MODEL_FILE
    whole = model.read_bytes()
    model.write_bytes(b"flipped")
    cache.point(ref)
    with pytest.raises(NoModelError):
        host.current()
    model.write_bytes(whole)
    cache.point(ref)
    assert host.current().ref == ref
    assert cache.refused() is None
