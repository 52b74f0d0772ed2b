"""A peer's server: started on a free port, counted, loaded, stopped."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from meadow_bench.baseline import Loaded
from meadow_bench.engine import PeerOrder
from meadow_bench.errors import BenchmarkError
from meadow_bench.load.generator import load
from meadow_bench.peers.catalog import Peer
from meadow_bench.peers.environment import ensure_environment
from meadow_bench.places import PYTHON_PATHS
from meadow_bench.ports import free_ports
from meadow_bench.process_suspender import ProcessSuspender
from meadow_local.processes import end

START_SECONDS = 240.0
STOP_SECONDS = 20.0
PAUSE = 0.25
LOG_TAIL = 3_000
QUIET = {"BENTOML_DO_NOT_TRACK": "True", "DO_NOT_TRACK": "1", "MOSEC_ADDRESS": "127.0.0.1", "MOSEC_TIMEOUT": "120000"}


class PeerServer:
    """A running peer."""

    def __init__(self, peer: Peer, port: int, process: "subprocess.Popen[bytes]", log: Path, roll: Path) -> None:
        self.peer = peer
        self.target = peer.target(port)
        self.sleeper = ProcessSuspender(process.pid)
        self._process = process
        self._log = log
        self._roll = roll

    def wait_until_ready(self, image: Path, processes: int) -> None:
        """Wait until it answers an image, and see that it has as many inference processes as Meadow.

        Raises:
            BenchmarkError: It has not, or has ended.
        """
        deadline = time.monotonic() + START_SECONDS
        while len(self._inference_processes()) < processes or not self._answers(image):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise BenchmarkError(f"{self.peer.title} does not start. Its log ends:\n{self._log_end()}")
            time.sleep(PAUSE)
        if len(self._inference_processes()) != processes:
            raise BenchmarkError(f"{self.peer.title} has {len(self._inference_processes())} inference processes.")

    def _inference_processes(self) -> list[int]:
        return [pid for pid in (int(entry.name) for entry in self._roll.iterdir()) if psutil.pid_exists(pid)]

    def _answers(self, image: Path) -> bool:
        return not load(self.target, [image], clients=1).failures

    def _log_end(self) -> str:
        return self._log.read_text(errors="replace")[-LOG_TAIL:]


@contextmanager
def peer_server(peer: Peer, loaded: Loaded, image: Path, data: Path) -> Iterator[PeerServer]:
    """Run a peer for the time of the block.

    Args:
        peer: Which one.
        loaded: What it serves, in how many processes.
        image: Asked until it is answered.
        data: Its log and scratch files are kept in it.

    Raises:
        BenchmarkError: It does not start.
    """
    python = ensure_environment(peer)
    folder = data / "peers" / peer.name
    shutil.rmtree(folder, ignore_errors=True)
    roll = folder / "roll"
    roll.mkdir(parents=True)
    [port] = free_ports(1)
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [str(python), *peer.arguments(port)],
            env=_environment(peer, loaded, port, roll),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = PeerServer(peer, port, process, log, roll)
    try:
        server.wait_until_ready(image, loaded.processes)
        yield server
    finally:
        server.sleeper.resume()
        _stop(process)


def _environment(peer: Peer, loaded: Loaded, port: int, roll: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}},
        **QUIET,
        **dict.fromkeys(peer.port_variables, str(port)),
        "PYTHONPATH": os.pathsep.join(map(str, PYTHON_PATHS)),
        PeerOrder.BUNDLE: str(loaded.bundle),
        PeerOrder.ENGINE: loaded.engine,
        PeerOrder.PROCESSES: str(loaded.processes),
        PeerOrder.ROLL: str(roll),
    }


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the server: first politely and as a whole, then whatever is left of it."""
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    end([member for member in family if member.is_running()], STOP_SECONDS)
