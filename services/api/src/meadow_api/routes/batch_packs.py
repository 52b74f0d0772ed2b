"""`GET /v1/batches/{id}/packs`: which packs are in, so that an interrupted upload goes on with the others."""

from fastapi import APIRouter

from meadow.schemas.pack_numbers import PackNumbers
from meadow_api.batch_reading import read_batch
from meadow_api.resources import Gateway
from meadow_api.responses import problems
from meadow_core.jobs import keys

router = APIRouter(prefix="/v1/batches", tags=["batches"])


@router.get("/{batch_id}/packs", summary="Read which packs are in", responses=problems(404, 410))
async def read_packs(
    batch_id: str,
    gateway: Gateway,
) -> PackNumbers:
    """Numbers as ranges, first and last of each run. A pack that is in need not be sent again."""
    await read_batch(gateway, batch_id)
    bitmap = await gateway.redis.get(keys.packs_added(batch_id))
    return PackNumbers.from_bitmap(bitmap if isinstance(bitmap, bytes) else b"")
