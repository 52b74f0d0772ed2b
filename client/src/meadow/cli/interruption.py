"""Telling how an interrupted run goes on."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import typer
from rich.console import Console

from meadow.client import ApiProblem, GatewayUnreachableError
from meadow.client.folder import FolderRun
from meadow.client.source_run import SourceRun

INTERRUPTED_STATUS = 130
"""What shells give a command that Ctrl-C ended."""
COMMAND = "classify"
RESUME = "--resume"


@contextmanager
def way_back(console: Console, run: FolderRun | SourceRun) -> Iterator[None]:
    """Say which command goes on and which one gives up, when a run ends before its answers are in."""
    try:
        yield
    except KeyboardInterrupt:
        _tell(console, run)
        raise typer.Exit(INTERRUPTED_STATUS) from None
    except GatewayUnreachableError:
        _tell(console, run)
        raise
    except ApiProblem as problem:
        if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
            _tell(console, run)
        raise


def _tell(console: Console, run: FolderRun | SourceRun) -> None:
    if run.job is None:
        return
    console.print(f"Interrupted: {run.standing}", highlight=False)
    console.print(f"  To go on:      {resume_command(sys.argv)}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"  To give it up: meadow cancel {run.job.id}", highlight=False, markup=False, soft_wrap=True)


def resume_command(arguments: list[str]) -> str:
    """Write the command that was run, with `--resume`."""
    rest = [argument for argument in arguments[1:] if argument != RESUME]
    place = rest.index(COMMAND) + 1 if COMMAND in rest else len(rest)
    return shlex.join(["meadow", *rest[:place], RESUME, *rest[place:]])
