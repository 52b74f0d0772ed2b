"""Errors as a person should see them: a sentence, and where to look."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape

from meadow.client import ClientError
from meadow_core.datasets.errors import DatasetError
from meadow_local.errors import PartError, StackError
from meadow_local.home import Home
from meadow_local.log_tail import tail

TAIL_LINES = 15


@contextmanager
def shown(console: Console, home: Home) -> Iterator[None]:
    """Turn the stack's errors into a message and exit status 1."""
    try:
        yield
    except PartError as error:
        _show(console, str(error))
        log = home.log_file(error.part)
        for line in tail(log, TAIL_LINES):
            console.print(f"  [dim]{escape(line)}[/]", highlight=False, soft_wrap=True)
        console.print(f"Its log is {log}.", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    except (StackError, ClientError, DatasetError) as error:
        _show(console, str(error))
        raise typer.Exit(1) from error


def _show(console: Console, sentence: str) -> None:
    console.print(f"[bold red]✗[/] {escape(sentence)}", highlight=False, soft_wrap=True)
