"""Runs `meadow` within a test, as the installed script does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from meadow.cli.main import main
from meadow_core.settings import Settings

Meadow = Callable[..., int]
"""Takes a command's arguments; returns the status that the shell sees."""


def command_line(monkeypatch: pytest.MonkeyPatch, home: Path) -> Meadow:
    """Clear the environment of settings but for a home folder, and return the command."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MEADOW_{name.upper()}", raising=False)
    monkeypatch.setenv("MEADOW_HOME", str(home))
    # Wide enough that no sentence is broken.
    monkeypatch.setenv("COLUMNS", "300")

    def run(*arguments: str | Path) -> int:
        monkeypatch.setattr("sys.argv", ["meadow", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        return int(caught.value.code or 0)

    return run
