"""A form that makes a batch: several images, or one zip that goes on to the object store while it comes in."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fastapi import Request
from pydantic import ValidationError

from meadow.packs import build_pack
from meadow.schemas.problems import ProblemCode
from meadow.schemas.sources import FormSource, ZipSource
from meadow_api.batch_submission import BatchRequest
from meadow_api.invalid_requests import invalid_body
from meadow_api.multipart_stream import MAX_TEXT_BYTES, FormPart, read_form, unreadable_form
from meadow_api.resources import Resources
from meadow_core.errors import ProblemError
from meadow_core.storage.errors import StoreError
from meadow_core.storage.layout import upload_key
from meadow_core.storage.parted_upload import PART_BYTES, PartedUpload

FILES_FIELD = "images"
TEXT_FIELDS = frozenset({"name", "fingerprint", "webhook_url"})
ZIP_SUFFIX = ".zip"
ZIP_TYPES = frozenset({"application/zip", "application/x-zip-compressed"})

FORM_BODY = {
    "schema": {
        "type": "object",
        "required": [FILES_FIELD],
        "properties": {
            FILES_FIELD: {
                "type": "array",
                "minItems": 1,
                "items": {"type": "string", "format": "binary"},
                "description": "Images; or a single `.zip`.",
            },
            **{name: {"type": "string"} for name in sorted(TEXT_FIELDS)},
        },
    },
}
"""For OpenAPI: the form is read by hand, so that its size is limited while it comes in."""


@dataclass(frozen=True)
class StoredForm:
    """A form whose files are in the object store."""

    asked: BatchRequest
    source: ZipSource | FormSource
    digest: str
    """Of the files' names and contents."""


async def store_form(request: Request, gateway: Resources) -> StoredForm:
    """Read a form and store its files under a new upload's id.

    Raises:
        ProblemError: No files, too many or too large, or not a form that can be read.
    """
    reading = _Reading(gateway)
    try:
        return await reading.run(read_form(request))
    except BaseException:
        await reading.abandon()
        raise


@dataclass
class _Reading:
    gateway: Resources
    text: dict[str, str] = field(default_factory=dict)
    images: list[tuple[str, bytes]] = field(default_factory=list)
    zip: "_ZipUpload | None" = None
    image_bytes: int = 0

    async def run(self, events: AsyncIterator[FormPart | bytes]) -> StoredForm:
        part = FormPart("", None, "")
        body = bytearray()
        async for event in events:
            if isinstance(event, FormPart):
                self._end(part, body)
                part, body = event, bytearray()
                if part.filename is not None:
                    await self._begin_file(part)
            elif self.zip and part.filename is not None:
                await self.zip.add(event)
            else:
                body += event
                self._limit(part, len(body), len(event))
        self._end(part, body)
        return await self._store()

    async def abandon(self) -> None:
        if self.zip:
            await self.zip.abandon()

    async def _begin_file(self, part: FormPart) -> None:
        if part.name != FILES_FIELD:
            raise unreadable_form(f"its field {part.name!r} holds a file; files are read from {FILES_FIELD!r} alone")
        if self.zip or (_is_zip(part) and self.images):
            raise unreadable_form("a zip is sent alone, without other files")
        if _is_zip(part):
            self.zip = await _ZipUpload.begin(self.gateway, part.filename or "")
        elif len(self.images) == self.gateway.settings.max_form_images:
            raise ProblemError(
                ProblemCode.TOO_LARGE,
                f"The form has more than {self.gateway.settings.max_form_images} images. Send a zip, or packs.",
            )

    def _limit(self, part: FormPart, length: int, added: int) -> None:
        if part.filename is None:
            if length > MAX_TEXT_BYTES:
                raise unreadable_form(f"its field {part.name!r} has more than {MAX_TEXT_BYTES:,} bytes")
            return
        self.image_bytes += added
        most = self.gateway.settings.max_pack_bytes
        if self.image_bytes > most:
            raise ProblemError(
                ProblemCode.TOO_LARGE, f"The form's images have more than {most:,} bytes. Send a zip, or packs."
            )

    def _end(self, part: FormPart, body: bytearray) -> None:
        if part.filename is None:
            if part.name in TEXT_FIELDS:
                self.text[part.name] = body.decode("utf-8", "replace")
        elif not _is_zip(part) and (part.filename or body):
            # A form that was sent with no file chosen has one part, without a name and empty.
            self.images.append((part.filename or f"unnamed-{len(self.images) + 1}", bytes(body)))

    async def _store(self) -> StoredForm:
        try:
            asked = BatchRequest.model_validate({name: text for name, text in self.text.items() if text})
        except ValidationError as error:
            raise invalid_body(error) from error
        if self.zip:
            digest = await self.zip.complete()
            return StoredForm(asked, ZipSource(upload_id=self.zip.upload_id), digest)
        if not self.images:
            raise unreadable_form(f"it holds no image: send files in its field {FILES_FIELD!r}")
        upload_id = self.gateway.ids.new_upload()
        pack = await asyncio.to_thread(build_pack, self.images)
        await asyncio.to_thread(self.gateway.store.put, self.gateway.settings.jobs_bucket, upload_key(upload_id), pack)
        return StoredForm(asked, FormSource(upload_id=upload_id), hashlib.sha256(pack).hexdigest())


class _ZipUpload:
    """A zip on its way from a form to the object store."""

    def __init__(self, gateway: Resources, upload_id: str, parts: PartedUpload, name: str) -> None:
        self.upload_id = upload_id
        self._most = gateway.settings.max_zip_bytes
        self._parts = parts
        self._digest = hashlib.sha256(name.encode())
        self._waiting = bytearray()
        self._size = 0
        self._is_done = False

    @classmethod
    async def begin(cls, gateway: Resources, name: str) -> "_ZipUpload":
        upload_id = gateway.ids.new_upload()
        bucket = gateway.settings.jobs_bucket
        parts = await asyncio.to_thread(gateway.store.begin_parts, bucket, upload_key(upload_id))
        return cls(gateway, upload_id, parts, name)

    async def add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._most:
            raise ProblemError(ProblemCode.TOO_LARGE, f"The zip has more than the {self._most:,} bytes accepted.")
        self._digest.update(piece)
        self._waiting += piece
        if len(self._waiting) >= PART_BYTES:
            await self._flush()

    async def complete(self) -> str:
        if self._waiting or not self._size:
            await self._flush()
        await asyncio.to_thread(self._parts.complete)
        self._is_done = True
        return self._digest.hexdigest()

    async def abandon(self) -> None:
        if not self._is_done:
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(self._parts.abort)

    async def _flush(self) -> None:
        body, self._waiting = bytes(self._waiting), bytearray()
        await asyncio.to_thread(self._parts.add, body)


def _is_zip(part: FormPart) -> bool:
    return (part.filename or "").lower().endswith(ZIP_SUFFIX) or part.content_type.lower() in ZIP_TYPES
