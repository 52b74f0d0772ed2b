"""The stack that is measured: a whole embedded one, private, with its own home and ports, deleted afterwards."""

import io
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from meadow.client import Client
from meadow.schemas.models import PRODUCTION_ALIAS, ModelRef
from meadow_bench.baseline import Loaded
from meadow_bench.errors import BenchmarkError
from meadow_bench.ports import free_ports
from meadow_bench.process_suspender import ProcessSuspender
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry
from meadow_local import stack_env
from meadow_local.home import Home
from meadow_local.settings import LocalSettings, variable
from meadow_local.stack import Stack
from meadow_local.startup import wait_until_ready

READY_SECONDS = 240.0
SERVED_SECONDS = 120.0
PAUSE = 0.3


class MeasuredStack:
    """A running stack."""

    def __init__(self, stack: Stack, settings: LocalSettings) -> None:
        self.settings = settings
        self.registry = ModelRegistry(settings)
        self._stack = stack
        daemon = stack.supervisor.pid()
        if daemon is None:
            raise BenchmarkError("The stack's process manager has gone.")
        self.sleeper = ProcessSuspender(daemon)

    @property
    def url(self) -> str:
        """Where the gateway is."""
        return self.settings.api_url

    def client(self) -> Client:
        """A client of the gateway."""
        return Client.from_settings(self.settings)

    def pids(self) -> dict[str, int]:
        """The main process of every part."""
        processes = self._stack.supervisor.processes()
        return {name: process.pid for name, process in processes.items() if process.pid}

    @contextmanager
    def awake(self, serving: ModelRef) -> Iterator[None]:
        """Let the stack run for the time of the block, from when its workers serve a version; then suspend it."""
        self.sleeper.resume()
        try:
            self.wait_until_served(serving)
            yield
        finally:
            self.sleeper.suspend()

    def promote(self, ref: ModelRef) -> Loaded:
        """Put a registered version into production, and wait until every worker process serves it."""
        self.registry.set_alias(PRODUCTION_ALIAS, ref.version)
        return self.wait_until_served(ref)

    def wait_until_served(self, ref: ModelRef) -> Loaded:
        """Wait until every worker process serves a version; return what it is that they serve.

        Raises:
            BenchmarkError: They do not, or not all in the same engine.
        """
        deadline = time.monotonic() + SERVED_SECONDS
        processes = self.settings.worker_processes
        with self.client() as client:
            while True:
                workers = client.status().workers
                if len(workers) == processes and all(worker.model == ref for worker in workers):
                    break
                if time.monotonic() > deadline:
                    raise BenchmarkError(f"{processes} worker processes should serve {ref}; these report: {workers}")
                time.sleep(PAUSE)
                if workers:
                    _wake(client, processes)
        engines = {worker.engine for worker in workers}
        bundle = ModelCache(self.settings.model_cache).path_of(ref)
        if len(engines) != 1 or bundle is None:
            raise BenchmarkError(f"The worker processes run {engines}, from the bundle in {bundle}.")
        return Loaded(bundle, engines.pop(), processes)


def _wake(client: Client, processes: int) -> None:
    """Give every process something to do: an idle one would not look for a new model."""
    dot = io.BytesIO()
    Image.new("RGB", (32, 32)).save(dot, "JPEG")
    jobs = [client.submit_image(dot.getvalue()) for _ in range(2 * processes)]
    for job in jobs:
        client.wait(job.id, timeout=SERVED_SECONDS)


@contextmanager
def measured_stack(data: Path) -> Iterator[MeasuredStack]:
    """Start a stack for the time of the block.

    Args:
        data: The stack's home is made in it.

    Raises:
        StackError: It does not start.
    """
    home = Home(Path(tempfile.mkdtemp(prefix="stack-", dir=data)))
    stack = Stack(home)
    try:
        settings = stack.start(_environment(home)).settings
        for _ in wait_until_ready(stack, settings, stack.parts, timeout=READY_SECONDS):
            pass
        running = MeasuredStack(stack, settings)
        try:
            yield running
        finally:
            running.sleeper.resume()
    finally:
        stack.stop()
        home.delete()


def _environment(home: Home) -> dict[str, str]:
    """None of the person's own settings: every one but the ports has its default."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MEADOW_")}
    ports = zip(stack_env.PORTS, free_ports(len(stack_env.PORTS)), strict=True)
    return {**kept, **{variable(name): str(port) for name, port in ports}, "MEADOW_HOME": str(home.root)}
