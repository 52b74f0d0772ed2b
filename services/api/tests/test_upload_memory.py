"""Large bodies share a bounded memory; small ones never wait for it."""

import asyncio
import contextlib

import pytest

from meadow_api import upload_memory
from meadow_api.upload_memory import LARGE_BYTES, UploadMemory
from meadow_core.errors import ProblemError

LIMIT = 4 * LARGE_BYTES


class Uploads:
    """Bodies that are in memory until they are let go."""

    def __init__(self, memory: UploadMemory) -> None:
        self.memory = memory
        self.inside: list[str] = []

    def send(self, name: str, size: int, until: asyncio.Event) -> asyncio.Task[None]:
        async def run() -> None:
            async with self.memory.room(size):
                self.inside.append(name)
                await until.wait()
                self.inside.remove(name)

        return asyncio.create_task(run())


@pytest.fixture
def uploads() -> Uploads:
    return Uploads(UploadMemory(LIMIT))


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_large_bodies_wait_for_room_in_their_order(uploads: Uploads) -> None:
    first, rest = asyncio.Event(), asyncio.Event()
    tasks = [uploads.send("first", 3 * LARGE_BYTES, first), uploads.send("second", 2 * LARGE_BYTES, rest)]
    await settle()
    # It would fit, but whoever came before would wait for ever if small ones went ahead.
    tasks.append(uploads.send("third", LARGE_BYTES, rest))
    await settle()
    assert uploads.inside == ["first"]
    first.set()
    await settle()
    assert uploads.inside == ["second", "third"]
    rest.set()
    await asyncio.gather(*tasks)


async def test_small_bodies_never_wait(uploads: Uploads) -> None:
    until = asyncio.Event()
    tasks = [uploads.send("large", LIMIT, until), uploads.send("small", LARGE_BYTES - 1, until)]
    await settle()
    assert uploads.inside == ["large", "small"]
    until.set()
    await asyncio.gather(*tasks)


async def test_a_body_larger_than_all_memory_has_it_alone(uploads: Uploads) -> None:
    until = asyncio.Event()
    tasks = [uploads.send("huge", 3 * LIMIT, until), uploads.send("large", LARGE_BYTES, until)]
    await settle()
    assert uploads.inside == ["huge"]
    until.set()
    await asyncio.gather(*tasks)


async def test_room_is_given_back_by_uploads_that_fail_or_are_cancelled(uploads: Uploads) -> None:
    with contextlib.suppress(ValueError):
        async with uploads.memory.room(LIMIT):
            raise ValueError
    waiting = uploads.send("cancelled inside", LIMIT, asyncio.Event())
    await settle()
    queued = uploads.send("cancelled while it waits", LIMIT, asyncio.Event())
    await settle()
    for task in (queued, waiting):
        task.cancel()
    await asyncio.gather(queued, waiting, return_exceptions=True)
    async with asyncio.timeout(5), uploads.memory.room(LIMIT):
        pass


async def test_who_finds_no_room_for_long_is_asked_to_come_back(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_memory, "WAIT_SECONDS", 0.05)
    async with uploads.memory.room(LIMIT):
        with pytest.raises(ProblemError) as refused:
            async with uploads.memory.room(LARGE_BYTES):
                pass
    assert (refused.value.code, refused.value.retry_after) == ("overloaded", 5)
    async with asyncio.timeout(5), uploads.memory.room(LIMIT):
        pass
