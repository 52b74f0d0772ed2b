"""Making the environment that Airflow runs in, once for each lock."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from meadow_core.file_lock import file_lock
from meadow_local.airflow.project import DagsProject, find_project
from meadow_local.binaries import script
from meadow_local.errors import StackError


def make_environment(say: Callable[[str], None], project: DagsProject | None = None) -> None:
    """Make or renew the environment, if that is not done already; uv shows on the terminal how far it is.

    Raises:
        StackError: A package cannot be had, or is not the one that was locked.
    """
    project = project or find_project()
    # Another stack of the same checkout may be about to do the same.
    with file_lock(project.root / ".environment.lock"):
        if is_made(project):
            return
        say("Making the environment of Airflow (about 300 MB; once) ...")
        if not project.python.exists():
            _uv("venv", "--quiet", "--python", sys.executable, str(project.environment))
        # Compiled now, or each of Airflow's processes would do it at its first start.
        _uv(
            "pip", "install", "--python", str(project.python), "--require-hashes", "--compile-bytecode", "--quiet",
            "-r", str(project.lock_file),
        )  # fmt: skip
        # Where it lies: a change of its code needs no new environment.
        _uv(
            "pip", "install", "--python", str(project.python), "--no-deps", "--no-build-isolation", "--quiet",
            "--editable", str(project.client),
        )  # fmt: skip
        project.stamp.write_text(_wanted(project))


def is_made(project: DagsProject) -> bool:
    """Whether the environment is there, and of today's lock and client."""
    try:
        return project.command.exists() and project.stamp.read_text() == _wanted(project)
    except OSError:
        return False


def _wanted(project: DagsProject) -> str:
    content = project.lock_file.read_bytes() + (project.client / "pyproject.toml").read_bytes()
    return f"{Path(sys.executable).resolve()} {hashlib.sha256(content).hexdigest()}\n"


def _uv(*arguments: str) -> None:
    if subprocess.run([script("uv"), *arguments], check=False).returncode:  # noqa: S603 - our own command
        raise StackError("The environment of Airflow could not be made; above is why.")
