"""`/v1/batches`: open a batch, fill it with packs of images, seal it."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, Path, Request, Response
from fastapi.openapi.models import Example
from pydantic import BaseModel, Field

from meadow.packs import PACK_TYPE
from meadow.schemas.jobs import Job, JobKind
from meadow.schemas.problems import ProblemCode
from meadow_api.auth import Caller
from meadow_api.batch_form import FORM_BODY
from meadow_api.batch_reading import read_batch
from meadow_api.batch_submission import BatchRequest, open_batch
from meadow_api.body_limit import announced_bytes
from meadow_api.idempotency import IdempotencyHeader
from meadow_api.media_types import URL_ENCODED, came_as, curl, media_type_of, unsupported
from meadow_api.resources import Gateway
from meadow_api.responses import job_example, problems
from meadow_api.strict_body import strictly
from meadow_api.submission_response import answer_with
from meadow_core.errors import ProblemError
from meadow_core.jobs.batches import MAX_PACKS
from meadow_core.packs import count_images
from meadow_core.storage.layout import pack_key

router = APIRouter(prefix="/v1/batches", tags=["batches"])

TAR_TYPES = frozenset({"", PACK_TYPE, "application/tar", "application/octet-stream", URL_ENCODED})
"""What a body may come as that is a tar, or should have been one."""
GZIP_MAGIC = b"\x1f\x8b"
GZIP_TYPE = "application/gzip"

EXAMPLES: dict[str, Example] = {
    "packs": {"summary": "To be filled with packs", "value": {"name": "summer lawns"}},
    "prefix": {
        "summary": "From an S3 prefix",
        "value": {"source": {"type": "s3_prefix", "uri": "s3://images-bucket/lawns/", "recursive": True}},
    },
    "zip": {
        "summary": "From an uploaded zip",
        "value": {"source": {"type": "zip", "upload_id": "upload_06cpkr3kpg5uvmt4q5o1c82k"}},
    },
}


class SealRequest(BaseModel):
    """How a batch is closed."""

    packs: int = Field(ge=1, le=MAX_PACKS, description="How many packs it has, numbered from 0.")


@router.post(
    "",
    status_code=201,
    summary="Open a batch",
    responses={
        **job_example(202, "Accepted; it fills itself from its `source` or form."),
        **problems(400),
    },
    openapi_extra={"requestBody": {"content": {"multipart/form-data": FORM_BODY}}},
)
async def create_batch(
    response: Response,
    gateway: Gateway,
    caller: Caller,
    key: IdempotencyHeader,
    batch: Annotated[Annotated[BatchRequest, strictly(BatchRequest)] | None, Body(openapi_examples=EXAMPLES)] = None,
) -> Job:
    """Open it empty, then add packs under `/v1/batches/{id}/packs/{number}` and seal it; or have it fill itself.

    With a `source`, or as a form with files in `images` (several images, or one `.zip`), a worker fills and seals the
    batch: `progress.total` grows until `sealed` is true.
    """
    asked = batch or BatchRequest(name="")
    if asked.source:
        response.status_code = 202
    accepted = await open_batch(gateway, caller, key, asked, asked.source)
    return await answer_with(gateway, response, accepted, JobKind.BATCH)


@router.put(
    "/{batch_id}/packs/{number}",
    summary="Add a pack",
    responses={**job_example(200, "The pack is in."), **problems(404, 409, 410)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {PACK_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def add_pack(
    request: Request,
    batch_id: str,
    number: Annotated[int, Path(ge=0, lt=MAX_PACKS, description="Numbered from 0, without gaps.")],
    gateway: Gateway,
) -> Job:
    """A pack is an uncompressed tar; a member's name is the image's name. The same number again changes nothing."""
    await read_batch(gateway, batch_id)
    if announced_bytes(request.headers) == 0:
        raise ProblemError(ProblemCode.PACK_INVALID, "The body is empty; a pack is an uncompressed tar of images.")
    if not await gateway.batches.has_pack(batch_id, number):
        async with gateway.pack_slots:
            body = await request.body()
            images = await asyncio.to_thread(_count_images, request, body, gateway.settings.max_pack_items)
            # The object first: a message must never arrive before what it refers to.
            await asyncio.to_thread(gateway.store.put, gateway.settings.jobs_bucket, pack_key(batch_id, number), body)
        await gateway.batches.add_pack(batch_id, number, images)
    return await gateway.submissions.read(batch_id)


@router.post(
    "/{batch_id}:seal",
    summary="Seal a batch",
    responses={**job_example(200, "The batch is whole."), **problems(404, 409, 410)},
)
async def seal_batch(
    batch_id: str,
    seal: Annotated[SealRequest, strictly(SealRequest)],
    gateway: Gateway,
) -> Job:
    """Say that all packs are in. The batch is finished when the last of them is answered."""
    await read_batch(gateway, batch_id)
    await gateway.batches.seal(batch_id, seal.packs)
    return await gateway.submissions.read(batch_id)


def _count_images(request: Request, body: bytes, most: int) -> int:
    try:
        return count_images(body, max_images=most)
    except ProblemError as error:
        media_type = media_type_of(request.headers)
        if body.startswith(GZIP_MAGIC):
            media_type = GZIP_TYPE
        if media_type in TAR_TYPES:
            raise
        command = curl(request, f"-H 'Content-Type: {PACK_TYPE}' --data-binary @-", method=request.method)
        raise unsupported(
            f"A pack is an uncompressed tar, and this body {came_as(media_type)}. Send: tar cf - *.jpg | {command}",
            accepted=PACK_TYPE,
        ) from error
