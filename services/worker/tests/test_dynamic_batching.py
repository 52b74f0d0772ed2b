"""Many threads, one device: every caller gets the answers to its own images."""

import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from meadow_worker.engines.base import Outputs
from meadow_worker.engines.dynamic_batching import MAX_IMAGES, DynamicBatching
from meadow_worker.engines.precision import Precision


class SumEngine:
    """Answers an image with the sum of its bytes, as slowly as it is told to; takes one caller at a time."""

    name = "sum"
    precision = Precision.FLOAT32

    def __init__(self) -> None:
        self.runs: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self._busy = threading.Lock()

    def infer(self, pixels: NDArray[np.uint8]) -> Outputs:
        assert self._busy.acquire(blocking=False), "two runs at a time"
        try:
            self.runs.append(len(pixels))
            self.gate.wait()
            if (pixels == 255).all(axis=(1, 2, 3)).any():
                raise RuntimeError("a white image")
            sums: NDArray[np.float32] = pixels.reshape(len(pixels), -1).sum(axis=1, keepdims=True).astype(np.float32)
            return Outputs(sums, -sums)
        finally:
            self._busy.release()


def image(value: int, count: int = 1) -> NDArray[np.uint8]:
    return np.full((count, 2, 2, 3), value, dtype=np.uint8)


def ask_while_busy(engine: SumEngine, batching: DynamicBatching, asked: list[NDArray[np.uint8]]) -> list[object]:
    """Hold the device on a first image until all the others wait for it."""
    engine.gate.clear()
    with ThreadPoolExecutor(len(asked) + 1) as pool:
        first = pool.submit(batching.infer, image(0))
        while not engine.runs:
            time.sleep(0.001)
        futures = [pool.submit(batching.infer, one) for one in asked]
        time.sleep(0.2)
        engine.gate.set()
        first.result()
        return [future.exception() or future.result().logits.ravel().tolist() for future in futures]


def test_what_comes_while_the_device_is_busy_is_run_together() -> None:
    engine = SumEngine()
    answers = ask_while_busy(engine, DynamicBatching(engine), [image(value, 1 + value % 2) for value in range(1, 9)])
    assert answers == [[value * 12.0] * (1 + value % 2) for value in range(1, 9)]
    assert engine.runs == [1, 12]


def test_a_lone_image_waits_for_nobody() -> None:
    engine = SumEngine()
    assert DynamicBatching(engine).infer(image(3)).logits.tolist() == [[36.0]]
    assert engine.runs == [1]


def test_a_run_is_not_larger_than_the_device_is_meant_for() -> None:
    engine = SumEngine()
    ask_while_busy(engine, DynamicBatching(engine), [image(1, 50) for _ in range(5)])
    assert engine.runs == [1, 150, 100]
    assert max(engine.runs) < MAX_IMAGES + 50


def test_a_bad_image_fails_its_own_caller_only() -> None:
    engine = SumEngine()
    good, bad, other = ask_while_busy(engine, DynamicBatching(engine), [image(1), image(255), image(2)])
    assert good == [12.0]
    assert other == [24.0]
    assert isinstance(bad, RuntimeError)


@pytest.mark.parametrize("used", [False, True])
def test_a_model_that_left_service_frees_its_engine(used: bool) -> None:  # noqa: FBT001
    engine = SumEngine()
    gone = weakref.ref(engine)
    batching = DynamicBatching(engine)
    if used:
        batching.infer(image(1))
    del batching, engine
    for _ in range(100):
        gc.collect()
        if gone() is None:
            break
        time.sleep(0.01)
    assert gone() is None
