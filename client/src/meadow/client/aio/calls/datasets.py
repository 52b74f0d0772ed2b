"""Data sets, how images get into them, and training on them."""

from collections.abc import AsyncIterator

from meadow.client.aio.calls.base import AsyncCalls
from meadow.client.wire import json_headers, parsed, quoted
from meadow.schemas.dataset_diff import DatasetChanges, VersionDiff
from meadow.schemas.dataset_images import DatasetImage, DatasetImagePage
from meadow.schemas.dataset_summary import VersionSummary
from meadow.schemas.datasets import DatasetDetail, DatasetList
from meadow.schemas.ingestion import IngestRequest
from meadow.schemas.jobs import Job
from meadow.schemas.label_suspects import LabelSuspects
from meadow.schemas.split import Split
from meadow.schemas.training import TrainingRequest

IMAGES_PAGE = 1000
"""Images that are asked for at a time."""


class AsyncDatasetCalls(AsyncCalls):
    """What a model learns from."""

    async def datasets(self) -> list[VersionSummary]:
        """The newest version of each data set."""
        return parsed(DatasetList, await self._transport.send("GET", "/v1/datasets")).datasets

    async def dataset(self, name: str) -> DatasetDetail:
        """A data set with all its versions."""
        return parsed(DatasetDetail, await self._transport.send("GET", f"/v1/datasets/{quoted(name)}"))

    async def dataset_report(self, name: str, digest: str) -> bytes:
        """The page, as HTML, that shows how a version came about. It holds names and pictures from anywhere."""
        path = f"/v1/datasets/{quoted(name)}/versions/{quoted(digest)}/report"
        response = await self._transport.send("GET", path)
        return response.content

    async def dataset_diff(self, name: str, before: str, after: str = "") -> VersionDiff:
        """What changed from one version to another, or to the current one; by how their digests begin."""
        path = f"/v1/datasets/{quoted(name)}/diff"
        return parsed(VersionDiff, await self._transport.send("GET", path, params={"before": before, "after": after}))

    async def dataset_changes(self, name: str, since: str = "") -> DatasetChanges:
        """How many images changed from a version to the current one; without one, all of them were added."""
        params = {"since": since} if since else {}
        path = f"/v1/datasets/{quoted(name)}/changes"
        return parsed(DatasetChanges, await self._transport.send("GET", path, params=params))

    async def dataset_images(
        self,
        name: str,
        *,
        version: str = "",
        label: str = "",
        split: Split | None = None,
        page_size: int | None = None,
        page_token: str = "",
    ) -> DatasetImagePage:
        """A page of a version's images.

        Args:
            name: The data set.
            version: How the version's digest begins; the current one if it is empty.
            label: Leave out images with other labels.
            split: Leave out those of the other split.
            page_size: How many at most.
            page_token: `next_page_token` of the page before.
        """
        asked = {"version": version, "label": label, "split": split, "page_size": page_size, "page_token": page_token}
        params = {key: value for key, value in asked.items() if value}
        return parsed(DatasetImagePage, await self._transport.send("GET", _images(name), params=params))

    async def each_dataset_image(
        self, name: str, *, version: str = "", label: str = "", split: Split | None = None
    ) -> AsyncIterator[DatasetImage]:
        """All images of a version, page by page as they are read; of the same version, although a newer one comes."""
        token = ""
        while True:
            page = await self.dataset_images(
                name, version=version, label=label, split=split, page_size=IMAGES_PAGE, page_token=token
            )
            for image in page.images:
                yield image
            version, token = page.version, page.next_page_token
            if not token:
                return

    async def dataset_image(self, name: str, sha256: str, *, version: str = "") -> bytes:
        """The bytes of one image that is in the version."""
        params = {"version": version} if version else {}
        response = await self._transport.send("GET", f"{_images(name)}/{quoted(sha256)}", params=params)
        return response.content

    async def label_suspects(self, name: str) -> LabelSuspects:
        """The images whose label is probably wrong, as the last training run found."""
        return parsed(LabelSuspects, await self._transport.send("GET", f"/v1/datasets/{quoted(name)}/suspects"))

    async def start_ingestion(self, request: IngestRequest, *, idempotency_key: str | None = None) -> Job:
        """Have images taken into a data set."""
        content = request.model_dump_json().encode()
        headers = json_headers(idempotency_key)
        return parsed(Job, await self._transport.send("POST", "/v1/datasets", headers=headers, content=content))

    async def start_training(self, request: TrainingRequest, *, idempotency_key: str | None = None) -> Job:
        """Submit a training run; what was not set is left to the gateway's defaults."""
        content = request.model_dump_json(exclude_unset=True, exclude_none=True).encode()
        headers = json_headers(idempotency_key)
        return parsed(Job, await self._transport.send("POST", "/v1/training-runs", headers=headers, content=content))


def _images(name: str) -> str:
    return f"/v1/datasets/{quoted(name)}/images"
