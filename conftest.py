"""Real stores for the tests of every package: a Valkey and an S3 server on free ports, ended with the run."""

import fcntl
import importlib.metadata
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore, StoreError
from meadow_local import s3_server
from meadow_local.binaries import redis_server
from meadow_local.settings import LocalSettings
from tls_context import keep_tls_context

NOBODY = 65534
START_SECONDS = 120
"""However busy the machine is; a server that cannot start says so sooner, or never."""
SLOW_FIXTURES = {"trained", "poisoned", "flower_bundle", "worker", "gateway_process"}
"""Of the tests of the trainer, the worker and the gateway."""


def pytest_configure() -> None:
    """Let the processes that tests start be interrupted, whichever shell the tests run in.

    A shell without job control starts background processes with Ctrl-C ignored, and their children inherit that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what trains a network or starts workers as slow, by the fixture that does it."""
    for item in items:
        if not SLOW_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session", autouse=True)
def _one_tls_context() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        keep_tls_context(patch)
        yield


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    command = [
        redis_server(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
        "--dir", str(tmp_path_factory.mktemp("redis")),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:  # noqa: S603 - our own command
        url = f"redis://127.0.0.1:{port}/0"
        with redis.Redis.from_url(url) as client:
            _wait(lambda: bool(client.ping()), redis.ConnectionError)
        yield url
        server.terminate()


@pytest.fixture(scope="session")
def s3_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    home = tmp_path_factory.mktemp("s3")
    (home / "s3").mkdir()
    port = free_port()
    keys: dict[str, object] = {
        "s3_endpoint_url": f"http://127.0.0.1:{port}",
        "s3_access_key": "test",
        "s3_secret_key": SecretStr("test-secret"),
    }
    local = LocalSettings.model_validate({"home": home, "s3_port": port, **keys})
    command, environment = s3_server.command(local), s3_server.environment(local)
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as server:  # noqa: S603
        store = ObjectStore(local)

        def make_buckets() -> bool:
            for bucket in local.buckets:
                store.ensure_bucket(bucket)
            return True

        _wait(make_buckets, StoreError)
        yield keys
        server.terminate()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def settings(tmp_path: Path, redis_url: str, s3_settings: dict[str, object]) -> Settings:
    """Settings over an empty Redis and the test's own home; objects of earlier tests stay in the buckets."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    return Settings.model_validate({"home": tmp_path, "redis_url": SecretStr(redis_url), **s3_settings})


@pytest.fixture
def redis_client(settings: Settings) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(settings.redis_url.get_secret_value()) as client:
        yield client


@pytest.fixture
def store(settings: Settings) -> ObjectStore:
    return ObjectStore(settings)


@pytest.fixture(scope="session")
def empty_mlflow(pytestconfig: pytest.Config) -> Path:
    """A file with MLflow's tables and nothing in them, to be copied: making them takes seconds.

    It is kept beside pytest's cache for the runs that follow, which are of other packages. The tables are made in a
    process of their own: MLflow's migrations silence every logger that is there already.
    """
    folder = pytestconfig.rootpath / ".pytest_cache"
    folder.mkdir(exist_ok=True)
    made = folder / f"mlflow-{importlib.metadata.version('mlflow')}.db"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            unfinished = made.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            command = [sys.executable, "-m", "mlflow", "db", "upgrade", f"sqlite:///{unfinished}"]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
            unfinished.rename(made)
    return made


@pytest.fixture(scope="session")
def mlflow_uri(empty_mlflow: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """MLflow's own SQLite store instead of its server, shared by all tests."""
    database = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    shutil.copy(empty_mlflow, database)
    return f"sqlite:///{database}"


@pytest.fixture
def unused_port() -> int:
    return free_port()


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of a user whom rights stop: root, as whom tests may run, becomes nobody meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        was_root = os.geteuid() == 0
        if was_root:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            if was_root:
                os.seteuid(0)
            subprocess.run(["chmod", "-R", "u+rwX", name], check=True)  # noqa: S603, S607


def _wait(probe: Callable[[], bool], error: type[Exception]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            if probe():
                return
        except error:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)
