"""`GET /v1/limits`: what this gateway accepts."""

from fastapi import APIRouter

from meadow.image_files.types import READABLE_FORMATS
from meadow.imaging.opened import scaled_limit
from meadow.schemas.limits import Limits
from meadow_api.resources import Gateway
from meadow_core.jobs.batches import MAX_PACKS

router = APIRouter(prefix="/v1", tags=["status"])


@router.get("/limits", summary="Read the limits")
async def read_limits(
    gateway: Gateway,
) -> Limits:
    """Plan packs and waits by these, instead of repeating them."""
    settings = gateway.settings
    return Limits(
        max_image_bytes=settings.max_image_bytes,
        max_image_pixels=settings.max_image_pixels,
        max_scaled_pixels=scaled_limit(settings.max_image_pixels),
        max_pack_bytes=settings.max_pack_bytes,
        max_pack_items=settings.max_pack_items,
        max_packs=MAX_PACKS,
        max_form_images=settings.max_form_images,
        max_zip_bytes=settings.max_zip_bytes,
        max_zip_entries=settings.max_zip_entries,
        max_unzipped_bytes=settings.max_unzipped_bytes,
        source_buckets=settings.readable_buckets,
        shrink_pixels=settings.shrink_pixels,
        max_wait_seconds=settings.max_wait_seconds,
        readable_formats=list(READABLE_FORMATS),
    )
