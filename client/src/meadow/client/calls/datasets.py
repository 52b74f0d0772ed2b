"""Data sets, how images get into them, and training on them."""
# Written from aio/calls/datasets.py by `make sync-client`: change that file instead.

from meadow.client.calls.base import Calls
from meadow.client.wire import JSON_BODY, parsed, quoted
from meadow.schemas.dataset_diff import VersionDiff
from meadow.schemas.dataset_summary import VersionSummary
from meadow.schemas.datasets import DatasetDetail, DatasetList
from meadow.schemas.ingestion import IngestRequest
from meadow.schemas.jobs import Job
from meadow.schemas.training import TrainingRequest


class DatasetCalls(Calls):
    """What a model learns from."""

    def datasets(self) -> list[VersionSummary]:
        """The newest version of each data set."""
        return parsed(DatasetList, self._transport.send("GET", "/v1/datasets")).datasets

    def dataset(self, name: str) -> DatasetDetail:
        """A data set with all its versions."""
        return parsed(DatasetDetail, self._transport.send("GET", f"/v1/datasets/{quoted(name)}"))

    def dataset_report(self, name: str, digest: str) -> bytes:
        """The page, as HTML, that shows how a version came about. It holds names and pictures from anywhere."""
        path = f"/v1/datasets/{quoted(name)}/versions/{quoted(digest)}/report"
        response = self._transport.send("GET", path)
        return response.content

    def dataset_diff(self, name: str, before: str, after: str = "") -> VersionDiff:
        """What changed from one version to another, or to the current one; by how their digests begin."""
        path = f"/v1/datasets/{quoted(name)}/diff"
        return parsed(VersionDiff, self._transport.send("GET", path, params={"before": before, "after": after}))

    def start_ingestion(self, request: IngestRequest, *, idempotency_key: str | None = None) -> Job:
        """Have images taken into a data set."""
        headers = {**JSON_BODY, **({"Idempotency-Key": idempotency_key} if idempotency_key else {})}
        content = request.model_dump_json().encode()
        return parsed(Job, self._transport.send("POST", "/v1/datasets", headers=headers, content=content))

    def start_training(self, request: TrainingRequest) -> Job:
        """Submit a training run; what was not set is left to the gateway's defaults."""
        content = request.model_dump_json(exclude_unset=True, exclude_none=True).encode()
        return parsed(Job, self._transport.send("POST", "/v1/training-runs", headers=JSON_BODY, content=content))
