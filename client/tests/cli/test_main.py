import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_group

from meadow.cli.main import create_app


def commands(first_word: str) -> set[str]:
    return set(get_group(create_app(first_word)).commands)


@pytest.mark.parametrize("plugged_in", ["demo", "up", ""])
def test_a_command_that_is_not_ours_loads_what_plugs_in(plugged_in: str) -> None:
    assert {"demo", "up", "data"} <= commands(plugged_in), "`data demo` does not make `demo` one of ours"


@pytest.mark.parametrize("ours", ["data", "jobs", "quality"])
def test_one_of_ours_does_not_wait_for_what_plugs_in(ours: str) -> None:
    assert "up" not in commands(ours)


def test_console_of_another_encoding_gets_its_answer(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/L\xf6wenzahn \xe8\x8d\x89"
    command = [sys.executable, "-m", "meadow.cli.main", "classify", os.fsdecode(folder)]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "300"}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603
    assert done.returncode == 2
    assert rb"L\xf6wenzahn" in done.stderr
    assert b"Traceback" not in done.stderr
