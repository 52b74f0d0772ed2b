"""Folders, zips and prefixes: filling batches, and reading their results."""

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from pydantic import BaseModel

from meadow.client.aio.calls.base import AsyncCalls
from meadow.client.aio.downloads import read_lines
from meadow.client.aio.file_upload import put_file
from meadow.client.wire import JSON_BODY, job_path, parsed, quoted
from meadow.packs import PACK_TYPE, build_pack
from meadow.schemas.items import ItemFilter, ItemPage, ItemResult
from meadow.schemas.jobs import Job
from meadow.schemas.pack_numbers import PackNumbers
from meadow.schemas.sources import RequestedSource, Upload


class AsyncBatchCalls(AsyncCalls):
    """Many images in one job."""

    async def open_batch(self, name: str = "", *, fingerprint: str = "", source: RequestedSource | None = None) -> Job:
        """Open a batch.

        Args:
            name: What people call it.
            fingerprint: What it can be found by again.
            source: Where the gateway finds the images; without one, the batch is to be filled with packs and sealed.
        """
        # Not `exclude_defaults`: a source's type is one.
        asked = _Batch(name=name, fingerprint=fingerprint or None, source=source)
        content = asked.model_dump_json(exclude_none=True).encode()
        return parsed(Job, await self._transport.send("POST", "/v1/batches", headers=JSON_BODY, content=content))

    async def upload_file(self, path: Path, on_progress: Callable[[int], None] = lambda _: None) -> str:
        """Upload a file for a batch's source, and return the upload's id.

        Raises:
            UploadTooLargeError: The gateway does not take so large a file.
        """
        upload = parsed(Upload, await self._transport.send("POST", "/v1/uploads"))
        await put_file(self._transport, upload, path, on_progress)
        return upload.upload_id

    async def packs(self, batch_id: str) -> PackNumbers:
        """Which packs of a batch are in."""
        return parsed(PackNumbers, await self._transport.send("GET", f"{_batch(batch_id)}/packs"))

    async def add_pack(self, batch_id: str, number: int, items: Sequence[tuple[str, bytes]]) -> Job:
        """Add named images to a batch; a pack that is sent again under its number counts once."""
        return await self.send_pack(batch_id, number, build_pack(items))

    async def send_pack(self, batch_id: str, number: int, pack: bytes) -> Job:
        """Add a pack that is built already."""
        path = f"{_batch(batch_id)}/packs/{number}"
        return parsed(Job, await self._transport.send("PUT", path, headers={"Content-Type": PACK_TYPE}, content=pack))

    async def seal_batch(self, batch_id: str, packs: int) -> Job:
        """Say that a batch is complete with so many packs."""
        content = _Seal(packs=packs).model_dump_json().encode()
        path = f"{_batch(batch_id)}:seal"
        return parsed(Job, await self._transport.send("POST", path, headers=JSON_BODY, content=content))

    async def results(
        self, job_id: str, *, page_size: int | None = None, wanted: ItemFilter | None = None
    ) -> AsyncIterator[ItemResult]:
        """The results of a batch up to the first that is still to come, page by page as they are read."""
        params = _filtered(wanted) if page_size is None else {**_filtered(wanted), "page_size": page_size}
        while True:
            page = parsed(ItemPage, await self._transport.send("GET", f"{job_path(job_id)}/results", params=params))
            for item in page.items:
                yield item
            # While the batch runs there is a token for what is still to come, the same until it is there.
            if page.next_page_token in {"", params.get("page_token")}:
                return
            params["page_token"] = page.next_page_token

    async def download(
        self, job_id: str, *, wanted: ItemFilter | None = None, partial: bool = False
    ) -> AsyncIterator[ItemResult]:
        """The results of a finished batch in one stream, which costs a fraction of the pages.

        Args:
            job_id: The batch.
            wanted: Leave out the others.
            partial: Take what is there although the batch is not finished. Such a stream is not taken up again when
                it breaks off: by then there may be more results in front of where it was.
        """
        params = {**_filtered(wanted), **({"partial": "true"} if partial else {})}
        path = f"{job_path(job_id)}/results.ndjson"
        async for line in read_lines(self._transport, path, params, may_repeat=not partial):
            yield ItemResult.model_validate_json(line)


class _Batch(BaseModel):
    name: str
    fingerprint: str | None
    source: RequestedSource | None


class _Seal(BaseModel):
    packs: int


def _batch(batch_id: str) -> str:
    return f"/v1/batches/{quoted(batch_id)}"


def _filtered(wanted: ItemFilter | None) -> dict[str, str | int]:
    return wanted.model_dump(mode="json", exclude_none=True) if wanted else {}
