"""`/v1/batches`: open a batch, fill it with packs of images, seal it."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, Path, Request, Response
from pydantic import BaseModel, Field

from meadow.jobs.batches import MAX_PACKS
from meadow.jobs.model import Job, JobKind
from meadow.jobs.submissions import IdempotencyKey, fingerprint
from meadow.packs import count_images
from meadow.storage.layout import pack_key
from meadow_api.auth import Caller
from meadow_api.idempotency import REPLAYED_HEADER, IdempotencyHeader
from meadow_api.resources import Gateway
from meadow_api.responses import job_example, point_to, problems

router = APIRouter(prefix="/v1/batches", tags=["batches"])


class BatchRequest(BaseModel):
    """How a batch is opened."""

    name: str = Field("", max_length=255, description="What people call it.", examples=["summer lawns"])
    fingerprint: str = Field(
        "", max_length=128, description="A digest of what will be in it, by which an interrupted upload finds it again."
    )
    webhook_url: str | None = Field(None, description="Called when the batch has ended.")


class SealRequest(BaseModel):
    """How a batch is closed."""

    packs: int = Field(ge=1, le=MAX_PACKS, description="How many packs it has, numbered from 0.")


@router.post("", status_code=201, summary="Open a batch", responses=problems(401, 422, 503))
async def open_batch(
    response: Response,
    gateway: Gateway,
    caller: Caller,
    key: IdempotencyHeader,
    batch: Annotated[BatchRequest | None, Body()] = None,
) -> Job:
    """Then add packs under `/v1/batches/{id}/packs/{number}` and seal it."""
    asked = batch or BatchRequest(name="")
    fields = asked.model_dump(exclude={"webhook_url"}) | await gateway.webhooks.record_fields(asked.webhook_url)
    idempotency = IdempotencyKey(key, caller, fingerprint("batch", fields)) if key else None
    accepted = await gateway.submissions.submit(JobKind.BATCH, fields=fields, idempotency=idempotency)
    if accepted.replayed:
        response.headers[REPLAYED_HEADER] = "true"
    else:
        gateway.metrics.submitted.labels(JobKind.BATCH.value).inc()
    job = await gateway.submissions.read(accepted.job_id)
    point_to(response, job)
    return job


@router.put(
    "/{batch_id}/packs/{number}",
    summary="Add a pack",
    responses={**job_example(200, "The pack is in."), **problems(401, 404, 409, 410, 413, 422, 503)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/x-tar": {"schema": {"type": "string", "format": "binary"}}},
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
    await gateway.submissions.read(batch_id)
    if not await gateway.batches.has_pack(batch_id, number):
        async with gateway.pack_slots:
            body = await request.body()
            images = await asyncio.to_thread(count_images, body, max_images=gateway.settings.max_pack_items)
            # The object first: a message must never arrive before what it refers to.
            await asyncio.to_thread(gateway.store.put, gateway.settings.jobs_bucket, pack_key(batch_id, number), body)
        await gateway.batches.add_pack(batch_id, number, images)
    return await gateway.submissions.read(batch_id)


@router.post(
    "/{batch_id}:seal",
    summary="Seal a batch",
    responses={**job_example(200, "The batch is whole."), **problems(401, 404, 409, 410, 422)},
)
async def seal_batch(
    batch_id: str,
    seal: SealRequest,
    gateway: Gateway,
) -> Job:
    """Say that all packs are in. The batch is finished when the last of them is answered."""
    await gateway.batches.seal(batch_id, seal.packs)
    return await gateway.submissions.read(batch_id)
