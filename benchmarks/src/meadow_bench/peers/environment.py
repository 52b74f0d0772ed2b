"""An environment for each peer, made from its locked requirements; made again when they change."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

from meadow_bench.peers.catalog import Peer
from meadow_bench.places import ENVIRONMENTS, PEERS

STAMP = ".requirements"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


def requirements(peer: Peer) -> Path:
    """The peer's lock."""
    return PEERS / peer.name / "requirements.txt"


def python_of(peer: Peer) -> Path:
    """The Python of the peer's environment."""
    return ENVIRONMENTS / peer.name / "bin" / "python"


def ensure_environment(peer: Peer) -> Path:
    """Make the peer's environment unless it is there; return its Python."""
    lock, python = requirements(peer), python_of(peer)
    stamp = ENVIRONMENTS / peer.name / STAMP
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != digest:
        for command in making(peer):
            subprocess.run(command, check=True)  # noqa: S603 - our own command
        stamp.write_text(digest)
    return python


def making(peer: Peer) -> list[list[str]]:
    """The commands that make the peer's environment."""
    uv = str(Path(sys.executable).with_name("uv"))
    install = [uv, "pip", "install", "--quiet", "--require-hashes", "--python", str(python_of(peer))]
    return [
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(ENVIRONMENTS / peer.name)],
        [*install, "--requirement", str(requirements(peer))],
    ]


def locked_versions(lock: Path) -> dict[str, set[str]]:
    """Read every version of each distribution in a lock: it may have one for each range of Python's versions."""
    versions: dict[str, set[str]] = {}
    for name, version in _PINNED.findall(lock.read_text()):
        versions.setdefault(name, set()).add(version)
    return versions
