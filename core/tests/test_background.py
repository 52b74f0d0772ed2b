import asyncio

import pytest

from meadow.background import running_beside


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
