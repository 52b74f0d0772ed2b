"""`/healthz`, `/readyz`, `/metrics`: for probes and scrapers, without a key."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError

from meadow.jobs.fleet import read_status
from meadow.readiness import Check, Readiness
from meadow.storage.s3 import StoreError
from meadow_api.resources import Gateway, Resources

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


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
async def metrics(gateway: Gateway) -> Response:
    """Queues and workers are read from Redis at each scrape."""
    try:
        gateway.metrics.observe(await read_status(gateway.redis))
    except RedisError:
        # The gateway's own figures are most wanted just now.
        gateway.metrics.workers.set(0)
    return Response(generate_latest(gateway.metrics.registry), media_type=CONTENT_TYPE_LATEST)


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
