"""The demo from beginning to end."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from rich.console import Console

from meadow.client import Client
from meadow_local.demo.classify import classify_folder, classify_one
from meadow_local.demo.pictures import draw_pictures
from meadow_local.demo.summary import show_summary
from meadow_local.demo.training import model_in_production, train_first_model, wait_until_served
from meadow_local.interrupts import as_keyboard_interrupt, held_off
from meadow_local.screens.starting import show_starting
from meadow_local.stack import Stack


def run_demo(console: Console, stack: Stack, *, stay: bool, timeout: float) -> None:
    """Start the stack, train if there is no model, classify, and stay until told to end.

    A stack that ran before the demo goes on after it; one that the demo started ends with it, whatever happens.

    Raises:
        StackError: A step failed; what the demo started is stopped.
    """
    was_running = stack.is_running
    try:
        with as_keyboard_interrupt():
            _demonstrate(console, stack, timeout=timeout)
            if stay and not was_running:
                console.print("Everything goes on running until Ctrl-C.")
                threading.Event().wait()
    except KeyboardInterrupt:
        _say(console, "")
    finally:
        if was_running:
            _say(console, "The stack ran before, and goes on running: `meadow down` stops it.")
        else:
            _end(console, stack)


def _demonstrate(console: Console, stack: Stack, *, timeout: float) -> None:
    begun = time.monotonic()
    settings = stack.start(os.environ).settings
    # Drawn while the parts start, which mostly wait for each other.
    with ThreadPoolExecutor(1, "drawing") as beside, Client.from_settings(settings) as client:
        drawing = beside.submit(draw_pictures, stack.home)
        show_starting(console, stack, settings, stack.parts, timeout=timeout)
        console.print(f"[green]✓[/] All parts are ready after {time.monotonic() - begun:.1f} s")
        model = model_in_production(client)
        with console.status("Drawing dandelions and grass ..."):
            drawn = drawing.result()
        if model is None:
            model = train_first_model(console, stack.home, settings, client, drawn.training)
        else:
            console.print(f"[green]✓[/] Version {model.ref.version} is in production from before: nothing to train")
        wait_until_served(console, client, model)
        one = classify_one(client, min(drawn.fresh.rglob("*.jpg")))
        first = time.monotonic() - begun
        folder = classify_folder(console, client, drawn.fresh)
    show_summary(console, stack.parts, settings, model, one, folder)
    console.print(f"First classified image after {first:.1f} s, all done after {time.monotonic() - begun:.1f} s.")


def _end(console: Console, stack: Stack) -> None:
    with held_off():
        _say(console, "Stopping every process ...")
        stack.stop()
        _say(console, f"Stopped; nothing runs any more. State is kept in {stack.home.root}.")


def _say(console: Console, sentence: str) -> None:
    """Print, unless the terminal is gone: the processes must be ended all the same."""
    with suppress(OSError):
        console.print(sentence, highlight=False, soft_wrap=True)
