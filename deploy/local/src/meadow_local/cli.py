"""The stack's commands, merged into `meadow` through the entry-point group `meadow.commands`."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from meadow_local.extras import EXTRA_NAMES
from meadow_local.home import Home
from meadow_local.screens.errors import shown
from meadow_local.screens.logs import LOG_NAMES, show_logs
from meadow_local.screens.pages import pages_table
from meadow_local.screens.starting import show_starting
from meadow_local.screens.status import show_system, status_table
from meadow_local.stack import Stack
from meadow_local.stack_env import differences
from meadow_local.status import PartState, look

app = typer.Typer(no_args_is_help=True, help="Run Meadow on this machine.", rich_markup_mode="markdown")

READY_SECONDS = 240.0


@app.command()
def up(
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds to wait for the parts to become ready.")
    ] = READY_SECONDS,
    with_: Annotated[
        list[str] | None,
        typer.Option("--with", help=f"Add to the stack: {', '.join(EXTRA_NAMES)}.", show_default=False),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="Take out of the stack what was added to it.", show_default=False)
    ] = None,
) -> None:
    """Start the stack and wait until every part is ready.

    All state is kept in one folder, `.meadow` here or the one that MEADOW_HOME names. Parts that run already are left
    alone. Settings are environment variables, and are remembered. When a part does not become ready, its last words are
    shown, and the others are left running.

    Example: `MEADOW_API_PORT=8010 meadow up`

    Example: `meadow up --with airflow` also starts Airflow, which retrains the model by itself; the stack remembers it.

    Example: `meadow up --with monitoring` also starts Prometheus, which keeps metrics and raises alerts.

    The parts go on in the background: `meadow status` shows them, `meadow down` stops them.
    """
    console, stack = Console(), Stack(Home.from_environment())
    with shown(console, stack.home):
        extras = stack.choose_extras(os.environ, add=with_ or (), drop=without or ())
        for extra in extras:
            extra.install(console.print)
        start = stack.start(os.environ, extras)
        for name in [] if start.fresh else differences(start.settings, os.environ):
            console.print(f"[yellow]{name} takes effect at the next start (`meadow down`, `meadow up`).[/]")
        show_starting(console, stack, start.settings, stack.parts, timeout=timeout)
    if not start.started:
        console.print("[green]Already running.[/]")
    console.print()
    console.print(pages_table(stack.parts, start.settings))
    for extra in start.added:
        console.print(f"\n{escape(extra.welcome(start.settings))}", soft_wrap=True, highlight=False)
    console.print(f"\nState is in {stack.home.root}. Logs: `meadow logs -f`. Stop: `meadow down`.", soft_wrap=True)


@app.command()
def down() -> None:
    """Stop every part. State is kept; `meadow up` goes on from it."""
    console, stack = Console(), Stack(Home.from_environment())
    with shown(console, stack.home), console.status("Stopping; work in hand is finished first ..."):
        stopped = stack.stop()
    console.print("Stopped." if stopped else "Nothing was running.")


@app.command()
def status() -> None:
    """Show every part, the model in production and the queues.

    Exits with status 1 when a part is not ready, so that scripts can ask.

    Example: `meadow status || meadow up`
    """
    console, stack = Console(), Stack(Home.from_environment())
    with shown(console, stack.home):
        settings = stack.settings()
        rows = look(stack)
    console.print(status_table(rows, settings))
    if any(row.part.name == "api" and row.pid for row in rows):
        console.print()
        show_system(console, settings)
    if any(row.state is not PartState.READY for row in rows):
        raise typer.Exit(1)


@app.command()
def logs(
    parts: Annotated[
        list[str] | None, typer.Argument(help=f"Any of {', '.join(LOG_NAMES)}.", show_default="all")
    ] = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many past lines to show.")] = 100,
) -> None:
    """Show the logs of all parts as one stream, each line under its part's name.

    meadow logs -f              everything, as it happens
    meadow logs api worker      the gateway's and the worker's last lines
    """
    console, stack = Console(), Stack(Home.from_environment())
    with shown(console, stack.home):
        show_logs(console, stack.home, parts or LOG_NAMES, count=lines, follow=follow)


@app.command()
def reset(
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Stop the stack and delete all its state: models, images, jobs, settings.

    The folder must be a Meadow home; any other is refused.
    """
    console, stack = Console(), Stack(Home.from_environment())
    home = stack.home
    if not home.root.exists():
        console.print(f"There is nothing in {home.root}.")
        return
    with shown(console, home):
        home.require_claimed()
        if not yes:
            running = "stop the running stack and " if stack.is_running else ""
            typer.confirm(f"Really {running}delete {home.root} with all models, images and jobs?", abort=True)
        stack.stop()
        home.delete()
    console.print(f"Deleted {home.root}.", soft_wrap=True)


@app.command()
def demo(
    *,
    stay: Annotated[bool, typer.Option(help="Keep everything running until Ctrl-C.")] = True,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds to wait for the parts to become ready.")
    ] = READY_SECONDS,
) -> None:
    """Show it all: start the stack, train a first model, classify one picture and a folder.

    The pictures, dandelions and grass, are drawn here: nothing is downloaded. A second demo goes on from the state of
    the first, and does not train again.

    Ctrl-C ends every process. A stack that was running before is left running.
    """
    from meadow_local.demo.show import run_demo  # noqa: PLC0415 - what it imports, no other command should wait for

    console, stack = Console(), Stack(Home.from_environment())
    with shown(console, stack.home):
        run_demo(console, stack, stay=stay, timeout=timeout)


@app.command(name="demo-ct")
def demo_ct(
    *,
    stay: Annotated[bool, typer.Option(help="Keep everything running until Ctrl-C.")] = True,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds to wait for the parts to become ready.")
    ] = READY_SECONDS,
) -> None:
    """Show how the model keeps itself trained: new images, a new model, new answers, as a timeline.

    Labelled pictures arrive, Airflow takes them in, trains, and sees the better model into production; then a camera
    grows old, people correct the answers, and the monitor has the model trained again, once.

    It runs in a home of its own, `.meadow-ct` here unless MEADOW_HOME names another, and begins with an empty one.
    """
    from meadow_local.demo_ct.show import run_continuous_demo  # noqa: PLC0415 - as above

    console, stack = Console(), Stack(Home(Path(os.environ.get("MEADOW_HOME") or ".meadow-ct").absolute()))
    with shown(console, stack.home):
        run_continuous_demo(console, stack, stay=stay, timeout=timeout)
