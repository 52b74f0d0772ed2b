"""What only the asynchronous client can: much at once on one thread."""

import asyncio
import json
import threading

import pytest

from fake_gateway import FakeGateway, ScriptedServer
from http_desk import http_desk
from meadow.client import AsyncClient, RetryPolicy
from meadow.schemas.jobs import Job, JobState

JOB = {
    "id": "job_1", "kind": "classification", "state": "queued", "created_at": "2026-05-04T10:00:00Z",
    "links": {"self": "/v1/jobs/job_1", "cancel": "/v1/jobs/job_1:cancel"},
}  # fmt: skip
NO_RETRIES = RetryPolicy(seconds=0)
AT_ONCE = 5
"""As many as the server's kernel queue takes in at a time."""


async def test_many_calls_are_under_way_at_once_without_threads() -> None:
    before = set(threading.enumerate())
    with http_desk(json.dumps(JOB).encode()) as desk:
        desk.pause, desk.releases_at = 60, AT_ONCE
        async with AsyncClient(f"http://127.0.0.1:{desk.port}", retries=NO_RETRIES) as client:
            jobs = await asyncio.gather(*(client.submit_image(b"GIF8") for _ in range(AT_ONCE)))
            started = [thread.name for thread in threading.enumerate() if thread not in before]
            # The server has a thread of its own, and one for each connection.
            assert [name for name in started if "serve_forever" not in name and "process_request" not in name] == []
    assert desk.most_at_once == AT_ONCE
    assert [job.id for job in jobs] == ["job_1"] * AT_ONCE


async def test_the_loop_goes_on_while_a_retry_is_waited_for() -> None:
    with ScriptedServer() as server:
        server.reply_problem("unavailable", 503, "Redis is down.", Retry_After="0.5")
        server.reply_job()
        async with AsyncClient(server.url) as client:
            asked = asyncio.create_task(client.job("job_1"))
            turns = 0
            while not asked.done():
                await asyncio.sleep(0.01)
                turns += 1
    assert turns > 20
    assert (await asked).state is JobState.QUEUED


async def test_a_call_that_is_cancelled_ends_at_once_and_the_client_goes_on() -> None:
    with FakeGateway() as gateway:
        gateway.state.seconds_per_image = 60
        async with AsyncClient(gateway.url, retries=NO_RETRIES) as client:
            job = await client.submit_image(b"GIF8")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await client.wait(job.id, timeout=60)
            assert (await client.cancel(job.id)).state is JobState.CANCELLED


async def test_events_of_two_jobs_are_followed_side_by_side() -> None:
    done = {**JOB, "state": "succeeded"}
    events = b"".join(b"event: %s\ndata: %s\n\n" % (name, json.dumps(job).encode())
                      for name, job in ((b"job", JOB), (b"done", done)))  # fmt: skip
    with ScriptedServer() as server:
        server.reply(raw=events)
        server.reply(raw=events)
        async with AsyncClient(server.url, retries=NO_RETRIES) as client:

            async def follow(name: str) -> list[Job]:
                return [job async for job in client.events(name)]

            followed = await asyncio.gather(follow("job_1"), follow("job_2"))
    assert [[job.state for job in seen] for seen in followed] == [[JobState.QUEUED, JobState.SUCCEEDED]] * 2
