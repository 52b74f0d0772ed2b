"""Ending on Ctrl-C, on a polite kill, and when the terminal is closed: all three alike."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def as_keyboard_interrupt() -> Iterator[None]:
    """Raise KeyboardInterrupt on each of the signals."""
    with _handled_by(signal.default_int_handler):
        yield


@contextmanager
def held_off() -> Iterator[None]:
    """Let nothing interrupt what must be finished."""
    with _handled_by(signal.SIG_IGN):
        yield


@contextmanager
def _handled_by(handler: "signal._HANDLER") -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
