import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from meadow.schemas.models import ModelRef
from meadow_core.bundle.manifest import MANIFEST_FILE, MODEL_FILE, BundleError, read_bundle
from meadow_core.registry.cache import BUNDLES_KEPT, ModelCache
from meadow_core.registry.versions import SCRATCH_PREFIX, ModelRegistry
from meadow_core.settings import Settings
from mlflow_warnings import MLFLOW_WARNINGS

pytestmark = MLFLOW_WARNINGS

Register = Callable[..., tuple[ModelRef, Path]]


class CountingRegistry(ModelRegistry):
    """Notes each download, in a file that processes share."""

    def __init__(self, settings: Settings, log: Path) -> None:
        super().__init__(settings)
        self._log = log

    def download(self, ref: ModelRef, target: Path) -> None:
        with self._log.open("a") as file:
            file.write("x")
        super().download(ref, target)

    @property
    def downloads(self) -> int:
        return len(self._log.read_text()) if self._log.exists() else 0


@pytest.fixture
def registry(registry_settings: Settings, tmp_path: Path) -> CountingRegistry:
    return CountingRegistry(registry_settings, tmp_path / "downloads.log")


@pytest.fixture
def cache(tmp_path: Path) -> ModelCache:
    return ModelCache(tmp_path / "cache")


def entries(cache: ModelCache) -> set[str]:
    return {path.name for path in cache._folder.iterdir()} - {"download.lock"}


def test_a_bundle_is_downloaded_once(cache: ModelCache, registry: CountingRegistry, register: Register) -> None:
    ref, _ = register()
    assert cache.path_of(ref) is None
    path = cache.ensure(ref, registry)
    assert cache.ensure(ref, registry) == path == cache.path_of(ref)
    assert registry.downloads == 1
    assert read_bundle(path, expected_digest=ref.digest).classes == ("dandelion", "grass, mown")
    assert entries(cache) == {ref.digest}


def test_threads_that_ask_at_once_share_a_download(
    cache: ModelCache, registry: CountingRegistry, register: Register
) -> None:
    ref, _ = register()
    everyone = threading.Barrier(6)

    def ask(_: int) -> Path:
        everyone.wait()
        return cache.ensure(ref, registry)

    with ThreadPoolExecutor(6) as pool:
        paths = set(pool.map(ask, range(6)))
    assert len(paths) == 1
    assert registry.downloads == 1


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_processes_that_ask_at_once_share_a_download(
    cache: ModelCache, registry: CountingRegistry, register: Register, registry_settings: Settings, tmp_path: Path
) -> None:
    """A worker's processes are forked, too."""
    ref, _ = register()
    fork = multiprocessing.get_context("fork")
    everyone = fork.Barrier(3)

    def ask() -> None:
        # A connection to the store must not be shared with another process.
        own = CountingRegistry(registry_settings, tmp_path / "downloads.log")
        everyone.wait()
        ModelCache(tmp_path / "cache").ensure(ref, own)

    processes = [fork.Process(target=ask) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert registry.downloads == 1
    assert cache.path_of(ref)


def test_a_download_that_fails_leaves_nothing(
    cache: ModelCache, registry: CountingRegistry, register: Register
) -> None:
    ref, folder = register()
    model = (folder / MODEL_FILE).read_bytes()
    (folder / MODEL_FILE).unlink()
    with pytest.raises(BundleError):
        cache.ensure(ref, registry)
    assert entries(cache) == set()
    (folder / MODEL_FILE).write_bytes(model)
    assert cache.ensure(ref, registry).is_dir()


def test_a_bundle_with_another_digest_is_refused_and_not_kept(
    cache: ModelCache, registry: CountingRegistry, register: Register
) -> None:
    ref, folder = register()
    (folder / MODEL_FILE).write_bytes(b"another graph")
    with pytest.raises(BundleError, match="not the file that was trained"):
        cache.ensure(ref, registry)
    assert cache.path_of(ref) is None
    assert entries(cache) == set()


def test_what_a_killed_process_left_is_no_bundle(
    cache: ModelCache, registry: CountingRegistry, register: Register
) -> None:
    ref, _ = register()
    partial = cache._folder / f".{ref.digest}.partial"
    partial.mkdir(parents=True)
    (partial / MANIFEST_FILE).write_text("{}")
    assert cache.path_of(ref) is None
    read_bundle(cache.ensure(ref, registry), expected_digest=ref.digest)
    assert entries(cache) == {ref.digest}


def test_what_was_asked_for_longest_ago_goes_and_what_is_served_stays(
    cache: ModelCache, registry: CountingRegistry, register: Register
) -> None:
    """Every training run fetches its model, and the one in production."""
    refs = [register(str(number))[0] for number in range(BUNDLES_KEPT + 4)]
    for ref in refs[:3]:
        cache.ensure(ref, registry)
    cache.point(refs[0])
    cache.note_served(refs[1])
    for ref in refs[3:-1]:
        cache.ensure(ref, registry)
    cache.ensure(refs[3], registry)
    leftover = cache._folder / f"{SCRATCH_PREFIX}killed"
    leftover.mkdir()
    cache.ensure(refs[-1], registry)
    gone = refs[4]
    kept = {ref.digest for ref in (refs[0], refs[1], refs[3], *refs[5:])}
    assert cache.usage()[0] == BUNDLES_KEPT + 2
    assert entries(cache) == {*kept, "production.json", "served.json"}
    assert cache.ensure(gone, registry).is_dir(), "it is fetched again"


def test_a_bundle_that_was_damaged_on_disk_is_fetched_again(
    cache: ModelCache, registry: CountingRegistry, register: Register
) -> None:
    ref, _ = register()
    (cache.ensure(ref, registry) / MODEL_FILE).write_bytes(b"flipped")
    restarted = ModelCache(cache._folder)
    read_bundle(restarted.ensure(ref, registry), expected_digest=ref.digest)
    assert registry.downloads == 2


def test_what_is_to_be_served_and_was_mended_is_offered_again(
    cache: ModelCache, registry: CountingRegistry, register: Register
) -> None:
    """Processes look at it anew only when the pointer was written."""
    served, other = register("served")[0], register("other")[0]
    cache.ensure(served, registry)
    cache.point(served)
    written = cache.pointer_changed_ns()
    for refused, stays in ((served, False), (other, True)):
        cache.refuse(refused, "damaged")
        (cache._folder / served.digest / MODEL_FILE).write_bytes(b"flipped")
        restarted = ModelCache(cache._folder)
        restarted.ensure(served, registry)
        assert cache.pointer_changed_ns() > written
        assert (cache.refused() is not None) is stays
        written = cache.pointer_changed_ns()
        restarted.ensure(served, registry)
        restarted.ensure(other, registry)
        assert cache.pointer_changed_ns() == written
    assert cache.pointed() == served


def test_a_version_without_a_digest_is_not_fetched(cache: ModelCache, registry: CountingRegistry) -> None:
    with pytest.raises(BundleError, match="carries no bundle digest"):
        cache.ensure(ModelRef(name="model", version="3", digest=""), registry)
    assert registry.downloads == 0


def test_the_pointer_names_what_to_serve(cache: ModelCache, registry: CountingRegistry, register: Register) -> None:
    assert cache.pointed() is None
    assert cache.pointer_changed_ns() == 0
    old, new = register("old")[0], register("new")[0]
    cache.ensure(old, registry)
    cache.point(old)
    written = cache.pointer_changed_ns()
    assert (cache.pointed(), written > 0) == (old, True)
    cache.ensure(new, registry)
    cache.point(new)
    assert cache.pointed() == new
    assert cache.pointer_changed_ns() > written
