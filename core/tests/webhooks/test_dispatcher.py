import asyncio
import json
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from redis.asyncio import Redis

from fake_gateway import ScriptedServer
from meadow.schemas.webhook import Webhook, WebhookState
from meadow_core.jobs import keys
from meadow_core.webhooks.outbox import WebhookOutbox
from webhook_desk import Desk, signature_of

Dispatchers = Callable[..., AbstractAsyncContextManager[None]]


async def test_a_receiver_is_told_with_a_signature_it_can_check(
    desk: Desk, make_dispatcher: Dispatchers, receiver: ScriptedServer
) -> None:
    receiver.reply({}, status=204)
    job = await desk.end_one(f"{receiver.url}/hook?for=me")
    async with make_dispatcher():
        assert await desk.settled(job) == Webhook(state=WebhookState.DELIVERED, attempts=1, last_status=204)
    (call,) = receiver.asked
    assert (call.method, call.path, call.query) == ("POST", "/hook", {"for": ["me"]})
    assert call.headers["webhook-signature"].split(" ") == [signature_of(call)]
    assert call.headers["webhook-id"] == job.id
    assert abs(int(call.headers["webhook-timestamp"]) - time.time()) < 10
    assert call.headers["Content-Type"] == "application/json"
    assert job.finished_at
    assert json.loads(call.body) == {
        "type": "job.cancelled",
        "timestamp": job.finished_at.isoformat().replace("+00:00", "Z"),
        "data": {"id": job.id, "kind": "batch", "state": "cancelled", "links": job.links.model_dump()},
    }


async def test_a_receiver_that_fails_is_called_again_with_the_same_message(
    desk: Desk, make_dispatcher: Dispatchers, receiver: ScriptedServer
) -> None:
    receiver.reply({}, status=500)
    receiver.hang_up()
    receiver.reply({})
    job = await desk.end_one(receiver.url)
    async with make_dispatcher():
        assert await desk.settled(job) == Webhook(state=WebhookState.DELIVERED, attempts=3, last_status=200)
    assert len(receiver.asked) == 3
    assert len({(call.headers["webhook-id"], call.body) for call in receiver.asked}) == 1


async def test_a_receiver_that_never_takes_it_is_given_up(
    desk: Desk, make_dispatcher: Dispatchers, receiver: ScriptedServer, async_redis: Redis
) -> None:
    for _ in range(3):
        receiver.reply({}, status=404)
    job = await desk.end_one(receiver.url)
    async with make_dispatcher():
        assert await desk.settled(job) == Webhook(state=WebhookState.FAILED, attempts=3, last_status=404)
    assert await async_redis.zcard(keys.WEBHOOKS) == 0


async def test_a_receiver_that_is_gone_is_not_called_again(
    desk: Desk, make_dispatcher: Dispatchers, receiver: ScriptedServer
) -> None:
    receiver.reply({}, status=410)
    job = await desk.end_one(receiver.url)
    async with make_dispatcher():
        assert await desk.settled(job) == Webhook(state=WebhookState.FAILED, attempts=1, last_status=410)


async def test_a_redirect_is_not_followed(desk: Desk, make_dispatcher: Dispatchers, receiver: ScriptedServer) -> None:
    with ScriptedServer() as inside:
        receiver.reply({}, status=307, Location=inside.url)
        job = await desk.end_one(receiver.url)
        async with make_dispatcher(schedule=(0.0,)):
            assert await desk.settled(job) == Webhook(state=WebhookState.FAILED, attempts=1, last_status=307)
        assert inside.asked == []


async def test_a_receiver_that_moves_inside_after_it_was_accepted_is_not_called(
    desk: Desk, make_dispatcher: Dispatchers, receiver: ScriptedServer
) -> None:
    async def rebound(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    job = await desk.end_one(f"http://receiver.example:{receiver.server_port}/")
    async with make_dispatcher(networks="", resolver=rebound, schedule=(0.0,)):
        assert await desk.settled(job) == Webhook(state=WebhookState.FAILED, attempts=1)
    assert receiver.asked == []


async def test_a_receiver_that_does_not_answer_is_tried_again(desk: Desk, make_dispatcher: Dispatchers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        job = await desk.end_one(f"http://127.0.0.1:{port}/")
        async with make_dispatcher(schedule=(0.0, 0.01), seconds=0.1):
            assert await desk.settled(job) == Webhook(state=WebhookState.FAILED, attempts=2)


async def test_nobody_listens(desk: Desk, make_dispatcher: Dispatchers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    job = await desk.end_one(f"http://127.0.0.1:{port}/")
    async with make_dispatcher(schedule=(0.0, 0.01)):
        assert await desk.settled(job) == Webhook(state=WebhookState.FAILED, attempts=2)


async def test_a_courier_that_died_before_it_called_loses_nothing(
    desk: Desk, make_dispatcher: Dispatchers, receiver: ScriptedServer, async_redis: Redis
) -> None:
    receiver.reply({})
    job = await desk.end_one(receiver.url)
    # It had claimed the webhook, and was then killed.
    assert await WebhookOutbox(async_redis, claim_seconds=0.2).claim(1)
    async with make_dispatcher():
        assert (await desk.settled(job)).state is WebhookState.DELIVERED
    assert len(receiver.asked) == 1


async def test_several_couriers_deliver_each_webhook_once(
    desk: Desk, make_dispatcher: Dispatchers, receiver: ScriptedServer
) -> None:
    async with make_dispatcher(), make_dispatcher(), make_dispatcher():
        for _ in range(40):
            receiver.reply({})
        jobs = [await desk.end_one(receiver.url) for _ in range(40)]
        for job in jobs:
            assert (await desk.settled(job)).state is WebhookState.DELIVERED
        # Were any called twice, the second call would come while the dispatchers still run.
        await asyncio.sleep(0.6)
    assert sorted(call.headers["webhook-id"] for call in receiver.asked) == sorted(job.id for job in jobs)


async def test_slow_receivers_are_called_side_by_side(desk: Desk, make_dispatcher: Dispatchers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        jobs = [await desk.end_one(f"http://127.0.0.1:{port}/") for _ in range(20)]
        started = time.monotonic()
        async with make_dispatcher(schedule=(0.0,), seconds=0.5):
            for job in jobs:
                assert (await desk.settled(job)).state is WebhookState.FAILED
    assert time.monotonic() - started < 5
