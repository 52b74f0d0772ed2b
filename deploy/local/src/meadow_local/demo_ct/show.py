"""The demo of continuous training from beginning to end."""

import os
import threading
import time

from rich.console import Console

from meadow.client import Client
from meadow_local.airflow.api import AirflowApi
from meadow_local.demo_ct.story import ContinuousTraining
from meadow_local.demo_ct.timeline import Timeline
from meadow_local.errors import StackError
from meadow_local.interrupts import as_keyboard_interrupt, held_off
from meadow_local.screens.pages import pages_table
from meadow_local.screens.starting import show_starting
from meadow_local.stack import Stack

EXTRA = "airflow"
MARKER = ".demo-ct"
"""In homes that this demo has made, and may delete."""
SETTINGS = {
    # Within seconds instead of minutes, for people who watch.
    "MEADOW_MODEL_POLL_SECONDS": "1",
}


def run_continuous_demo(console: Console, stack: Stack, *, stay: bool, timeout: float) -> None:
    """Begin anew in a home of its own, tell the story, and stay until told to end.

    Raises:
        StackError: A step failed; every process is stopped.
    """
    # Before anything is to be stopped in the end: a stack that is not the demo's is left alone.
    begin_anew(stack)
    try:
        with as_keyboard_interrupt():
            _demonstrate(console, stack, timeout=timeout)
            if stay:
                console.print("Everything goes on running until Ctrl-C.")
                threading.Event().wait()
    except KeyboardInterrupt:
        console.print()
    finally:
        with held_off():
            console.print("Stopping every process ...")
            stack.stop()


def _demonstrate(console: Console, stack: Stack, *, timeout: float) -> None:
    begun = time.monotonic()
    environ = {**SETTINGS, **os.environ}
    extras = stack.choose_extras(environ, add=[EXTRA])
    for extra in extras:
        extra.install(console.print)
    settings = stack.start(environ, extras).settings
    show_starting(console, stack, settings, stack.parts, timeout=timeout)
    console.print(f"[green]✓[/] All parts are ready after {time.monotonic() - begun:.1f} s")
    timeline = Timeline(console)
    with Client.from_settings(settings) as client, AirflowApi(settings) as airflow:
        ContinuousTraining(settings, client, airflow, timeline).tell()
    console.print()
    console.print(timeline.table())
    console.print(pages_table(stack.parts, settings))
    for extra in extras:
        console.print(extra.welcome(settings), soft_wrap=True, highlight=False)
    console.print(f"All done after {time.monotonic() - begun:.1f} s.")


def begin_anew(stack: Stack) -> None:
    """Delete what an earlier demo has left, and nothing else.

    Raises:
        StackError: There is something else in the home.
    """
    marker = stack.home.root / MARKER
    if stack.home.root.exists() and any(stack.home.root.iterdir()):
        if not marker.exists():
            raise StackError(
                f"{stack.home.root} holds a stack that is not this demo's, which begins with an empty one. "
                "Name another folder in MEADOW_HOME, or none."
            )
        stack.stop()
        stack.home.delete()
    stack.home.claim()
    marker.touch()
