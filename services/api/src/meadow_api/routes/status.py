"""`GET /v1/status`: queues and workers at a glance."""

from fastapi import APIRouter

from meadow.schemas.status import SystemStatus
from meadow_api.resources import Gateway
from meadow_core.jobs.fleet import read_status

router = APIRouter(prefix="/v1", tags=["status"])


@router.get("/status", summary="Read queues and workers")
async def status(
    gateway: Gateway,
) -> SystemStatus:
    """Depth and oldest age of every queue; what each live worker process serves."""
    return await read_status(gateway.redis)
