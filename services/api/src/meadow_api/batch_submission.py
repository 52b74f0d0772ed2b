"""Opening a batch, in whichever shape it is asked for."""

import asyncio
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, Field

from meadow.schemas.jobs import JobKind
from meadow.schemas.problems import FieldError, ProblemCode
from meadow.schemas.sources import FormSource, PrefixSource, RequestedSource, Source, Upload, ZipSource
from meadow_api.resources import Resources
from meadow_core.errors import ProblemError
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.submissions import Accepted, IdempotencyKey, fingerprint
from meadow_core.storage.errors import ObjectMissingError
from meadow_core.storage.layout import upload_key


class BatchRequest(BaseModel):
    """How a batch is opened."""

    name: str = Field("", max_length=255, description="What people call it.", examples=["summer lawns"])
    fingerprint: str = Field(
        "", max_length=128, description="A digest of what will be in it, by which an interrupted upload finds it again."
    )
    webhook_url: str | None = Field(None, description="Called when the batch has ended.")
    source: RequestedSource | None = Field(
        None, description="Where its images come from. Without one, add packs and seal it."
    )


def new_upload(gateway: Resources) -> Upload:
    """Give out an address that a file can be put to."""
    settings = gateway.settings
    upload_id = gateway.ids.new_upload()
    return Upload(
        upload_id=upload_id,
        url=gateway.store.presigned_put(settings.jobs_bucket, upload_key(upload_id), seconds=settings.upload_seconds),
        expires_at=datetime.now(UTC) + timedelta(seconds=settings.upload_seconds),
        max_bytes=settings.max_zip_bytes,
    )


async def check_source(gateway: Resources, source: Source) -> None:
    """Refuse at once what no worker could read.

    Raises:
        ProblemError: Bucket not allowed, or the upload is unknown, not put yet, or too large.
    """
    match source:
        case PrefixSource(bucket=bucket):
            allowed = gateway.settings.readable_buckets
            if bucket not in allowed:
                raise _invalid(
                    "source.uri", f"Bucket {bucket!r} is not one that batches are read from: {', '.join(allowed)}."
                )
        case ZipSource(upload_id=upload_id):
            await _check_upload(gateway, upload_id)


async def open_batch(
    gateway: Resources, caller: str, key: str, asked: BatchRequest, source: Source | None, content: str = ""
) -> Accepted:
    """Accept a batch, once by its idempotency key.

    Args:
        gateway: The connections.
        caller: Who asks.
        key: The idempotency key, or empty.
        asked: The request.
        source: What fills the batch, if not its packs.
        content: Digest of what a form held, which tells a repeated form from another one.

    Raises:
        ProblemError: The source or the webhook is refused, the queue is full, or the key was used otherwise.
    """
    fields = asked.model_dump(include={"name", "fingerprint"})
    fields |= await gateway.webhooks.record_fields(asked.webhook_url)
    identity = fields | ({"source": source.model_dump()} if source and not content else {"content": content})
    if isinstance(source, ZipSource) and not content:
        # An upload makes one batch: the same request again means the same batch, with a key or without.
        key = key or source.upload_id
    idempotency = IdempotencyKey(key, caller, fingerprint("batch", identity)) if key else None
    accepted = await gateway.submissions.earlier(idempotency) if idempotency else None
    if accepted is None:
        if source:
            await check_source(gateway, source)
            fields[JobField.SOURCE] = source.model_dump_json()
        accepted = await gateway.submissions.submit(JobKind.BATCH, fields=fields, idempotency=idempotency)
    return accepted


async def forget_upload(gateway: Resources, source: ZipSource | FormSource) -> None:
    """Delete a form's files, which make no batch."""
    await asyncio.to_thread(gateway.store.delete, gateway.settings.jobs_bucket, upload_key(source.upload_id))


async def _check_upload(gateway: Resources, upload_id: str) -> None:
    bucket, most = gateway.settings.jobs_bucket, gateway.settings.max_zip_bytes
    if not gateway.ids.is_our_upload(upload_id):
        raise _invalid("source.upload_id", f"There is no upload {upload_id!r}: ask for one by POST /v1/uploads.")
    try:
        stat = await asyncio.to_thread(gateway.store.stat, bucket, upload_key(upload_id))
    except ObjectMissingError as error:
        raise _invalid(
            "source.upload_id", f"Nothing was put to the address of {upload_id}, or it made a batch already."
        ) from error
    if stat.size > most:
        await asyncio.to_thread(gateway.store.delete, bucket, upload_key(upload_id))
        raise ProblemError(
            ProblemCode.TOO_LARGE, f"The zip has {stat.size:,} bytes; at most {most:,} are accepted. Split it."
        )


def _invalid(location: str, detail: str) -> ProblemError:
    return ProblemError(
        ProblemCode.INVALID_REQUEST, f"{location}: {detail}", errors=[FieldError(location=location, detail=detail)]
    )
