import asyncio
import threading
import time

import pytest

from meadow_core.background import in_own_thread, running_beside


async def test_work_runs_until_the_end_and_no_longer() -> None:
    steps: list[str] = []

    async def work() -> None:
        try:
            steps.append("began")
            await asyncio.sleep(3600)
        finally:
            steps.append("cancelled")

    async with running_beside(work()):
        await asyncio.sleep(0)
        assert steps == ["began"]
    assert steps == ["began", "cancelled"]


async def test_work_that_misses_a_cancellation_ends_all_the_same() -> None:
    missed = 0

    async def work() -> None:
        nonlocal missed
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                missed += 1
                if missed == 2:
                    raise

    async with asyncio.timeout(10), running_beside(work()):
        await asyncio.sleep(0)
    assert missed == 2


async def test_what_ended_the_work_is_told() -> None:
    async def work() -> None:
        raise LookupError("no such receiver")

    with pytest.raises(LookupError, match="no such receiver"):
        async with running_beside(work()):
            await asyncio.sleep(0)


async def test_what_blocks_gives_its_result_or_its_fault() -> None:
    assert await in_own_thread(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await in_own_thread(lambda: 1 // 0)


def test_what_hangs_holds_nobody_up_at_the_end() -> None:
    hangs = threading.Event()

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(in_own_thread(hangs.wait), 0.05)

    began = time.monotonic()
    asyncio.run(give_up())
    assert time.monotonic() - began < 5
    hangs.set()
