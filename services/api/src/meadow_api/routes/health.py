"""`/healthz`, `/readyz`, `/metrics`: for probes and scrapers, without a key."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import choose_encoder
from redis.exceptions import RedisError

from meadow.schemas.readiness import Check, Readiness
from meadow_api.resources import Gateway, Resources
from meadow_api.scrape import scrape
from meadow_core.jobs.fleet import read_status
from meadow_core.storage.s3 import StoreError

router = APIRouter(tags=["health"])

CHECK_SECONDS = 3.0


@router.get("/healthz", summary="The process lives")
async def healthz() -> Check:
    """Says nothing of other parts: restarting the gateway would not mend them."""
    return Check(ok=True)


@router.get("/readyz", summary="The gateway can accept work", responses={503: {"model": Readiness}})
async def readyz(response: Response, gateway: Gateway) -> Readiness:
    """Redis and the object store must answer; 503 says which does not."""
    workers = 0

    async def check_redis() -> str:
        nonlocal workers
        workers = len((await read_status(gateway.redis)).workers)
        return ""

    redis, store = await asyncio.gather(_check(check_redis), _check(lambda: _check_store(gateway)))
    ready = redis.ok and store.ok
    response.status_code = 200 if ready else 503
    return Readiness(
        status="ready" if ready else "not ready", checks={"redis": redis, "object_store": store}, workers=workers
    )


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}, "application/openmetrics-text": {}}}},
)
async def metrics(request: Request, gateway: Gateway) -> Response:
    """Queues, workers and quality are looked up at each scrape; quality at most every half a minute."""
    encode, media_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(await scrape(gateway)), media_type=media_type)


async def _check_store(gateway: Resources) -> str:
    for bucket in (gateway.settings.jobs_bucket, gateway.settings.images_bucket):
        await asyncio.to_thread(gateway.store.check_bucket, bucket)
    return ""


async def _check(probe: Callable[[], Awaitable[str]]) -> Check:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return Check(ok=True, detail=await probe())
    except TimeoutError:
        return Check(ok=False, detail=f"no answer within {CHECK_SECONDS:.0f} s")
    except (RedisError, StoreError) as error:
        return Check(ok=False, detail=str(error))
