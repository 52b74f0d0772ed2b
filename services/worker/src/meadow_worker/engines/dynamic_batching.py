"""Joining what many threads ask of one device into common runs.

A graphics processor answers thirty images in about the time of one. Threads that wait for their answers bring the next
images meanwhile, so a run takes whatever has come since the last one began: under load the batches grow by themselves,
and a lone image waits for nobody.
"""

import queue
import threading
import weakref
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meadow_worker.engines.base import Engine, Outputs

MAX_IMAGES = 128
"""In one run, unless one caller alone brings more."""


@dataclass(frozen=True)
class _Asked:
    pixels: NDArray[np.uint8]
    answer: "Future[Outputs]"


_Queue = queue.SimpleQueue[_Asked | None]


class DynamicBatching:
    """An engine that many threads may use at a time; the one it wraps is used by a single thread of its own.

    The thread, and with it the wrapped engine, goes when nobody holds this object any more.
    """

    def __init__(self, engine: Engine) -> None:
        self.name = engine.name
        self.precision = engine.precision
        self._asked: _Queue = queue.SimpleQueue()
        thread = threading.Thread(target=_serve, args=(engine, self._asked), name="inference", daemon=True)
        thread.start()
        weakref.finalize(self, _end, self._asked, thread)

    def infer(self, pixels: NDArray[np.uint8]) -> Outputs:
        """See `Engine.infer`; waits for the run that takes the images."""
        asked = _Asked(pixels, Future())
        self._asked.put(asked)
        return asked.answer.result()


def _end(asked: _Queue, thread: threading.Thread) -> None:
    """End the thread, and wait for it: one that frees a network while the interpreter exits takes the process down."""
    asked.put(None)
    if thread is not threading.current_thread():
        thread.join()


def _serve(engine: Engine, asked: _Queue) -> None:
    while (first := asked.get()) is not None:
        taken = [first]
        count = len(first.pixels)
        while count < MAX_IMAGES and not asked.empty():
            more = asked.get()
            if more is None:
                _answer(engine, taken)
                return
            taken.append(more)
            count += len(more.pixels)
        _answer(engine, taken)


def _answer(engine: Engine, taken: list[_Asked]) -> None:
    """Run together; when that fails, one caller after the other, so that each hears of its own images only."""
    try:
        outputs = engine.infer(np.concatenate([one.pixels for one in taken]) if len(taken) > 1 else taken[0].pixels)
    except Exception as error:  # noqa: BLE001 - whatever it is, the callers must hear of it
        if len(taken) == 1:
            taken[0].answer.set_exception(error)
            return
        for one in taken:
            _answer(engine, [one])
        return
    start = 0
    for one in taken:
        one.answer.set_result(outputs.part(slice(start, start + len(one.pixels))))
        start += len(one.pixels)
