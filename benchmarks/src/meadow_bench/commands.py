"""Every command of a run, as a person would type it in the repository's root."""

import shlex
import sys
from pathlib import Path

from meadow_bench.engine import PeerOrder
from meadow_bench.peers.catalog import PEERS
from meadow_bench.peers.environment import making, python_of
from meadow_bench.places import PYTHON_PATHS, REPOSITORY

PORT = 8000
"""Stands for the free port that a run finds."""


def commands_of_run(arguments: list[str], *, peers: bool) -> list[str]:
    """List the run's own command, and those that made and started the peers."""
    own = [sys.executable, "-m", "meadow_bench", *arguments]
    lines = [_typed(own)]
    if peers:
        places = ":".join(str(path.relative_to(REPOSITORY)) for path in PYTHON_PATHS)
        told = f"PYTHONPATH={places} {PeerOrder.BUNDLE}=... {PeerOrder.ENGINE}=... {PeerOrder.PROCESSES}=..."
        for peer in PEERS:
            lines += ["", f"# {peer.title}", *(_typed(command) for command in making(peer))]
            variables = "".join(f" {name}={PORT}" for name in peer.port_variables)
            lines.append(f"{told}{variables} {_typed([str(python_of(peer)), *peer.arguments(PORT)])}")
    return lines


def _typed(command: list[str]) -> str:
    return shlex.join(_from_root(part) for part in command)


def _from_root(part: str) -> str:
    path = Path(part)
    return str(path.relative_to(REPOSITORY)) if path.is_absolute() and path.is_relative_to(REPOSITORY) else part
