"""`/v1/datasets`: the data sets, and how new images get into them."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from pydantic import Field

from meadow.schemas.dataset_diff import DatasetChanges, VersionDiff
from meadow.schemas.dataset_manifest import DatasetManifest
from meadow.schemas.datasets import DatasetDetail, DatasetList
from meadow.schemas.ingestion import IngestRequest
from meadow.schemas.jobs import Job, JobKind
from meadow.schemas.problems import ProblemCode
from meadow_api.auth import Caller
from meadow_api.dataset_names import DatasetInPath, DatasetName, is_key_part
from meadow_api.idempotency import IdempotencyHeader
from meadow_api.resources import Gateway
from meadow_api.responses import job_example, problems
from meadow_api.strict_body import strictly
from meadow_api.submission_response import answer_with
from meadow_core.datasets.compare import compare
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.sources.requested import check_request
from meadow_core.datasets.versions import DatasetVersions
from meadow_core.errors import ProblemError
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.submissions import IdempotencyKey, fingerprint

router = APIRouter(prefix="/v1/datasets", tags=["data sets"])

REPORT_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"
"""`Content-Security-Policy` of a page that shows names and images from anywhere."""


class IngestSubmission(IngestRequest):
    """Which images to take in, and whom to tell."""

    name: DatasetName = Field(description="The data set's name.")
    webhook_url: str | None = Field(None, description="Called when the ingestion has ended.")


@router.post(
    "",
    status_code=202,
    summary="Take images into a data set",
    responses=job_example(202, "Accepted; poll the job at `Location`."),
)
async def start_ingestion(
    asked: Annotated[IngestSubmission, strictly(IngestSubmission)],
    response: Response,
    gateway: Gateway,
    caller: Caller,
    key: IdempotencyHeader,
) -> Job:
    """The job's progress counts images; its result names the version, what changed, and what was left out.

    If nothing is new, nothing is published: `changed` is false. Images that were downloaded before are not again.
    """
    check_request(asked, gateway.settings)
    request = IngestRequest.model_validate(asked.model_dump(exclude={"webhook_url"}))
    webhook = await gateway.webhooks.record_fields(asked.webhook_url)
    idempotency = IdempotencyKey(key, caller, fingerprint("ingest", asked.model_dump())) if key else None
    accepted = await gateway.submissions.submit(
        JobKind.INGEST,
        fields={JobField.REQUEST: request.model_dump_json(), JobField.NAME: asked.name, **webhook},
        idempotency=idempotency,
    )
    return await answer_with(gateway, response, accepted, JobKind.INGEST)


@router.get("", summary="List the data sets")
async def list_datasets(gateway: Gateway) -> DatasetList:
    """The newest version of each, with its classes."""
    return await asyncio.to_thread(_list, gateway.datasets)


@router.get("/{name}", summary="Read a data set", responses=problems(404))
async def read_dataset(name: DatasetInPath, gateway: Gateway) -> DatasetDetail:
    """Its newest version, and all versions, that one first."""
    return await asyncio.to_thread(_detail, gateway.datasets, name)


@router.get("/{name}/changes", summary="Count what changed since a version", responses=problems(404))
async def count_changes(name: DatasetInPath, gateway: Gateway, since: str = "") -> DatasetChanges:
    """From the version with the digest `since` to the newest."""
    return await asyncio.to_thread(_changes, gateway.datasets, name, since)


@router.get("/{name}/diff", summary="Compare two versions", responses=problems(404))
async def compare_versions(name: DatasetInPath, gateway: Gateway, before: str, after: str = "") -> VersionDiff:
    """Image by image, by their content. Versions are named by how their digests begin; `after` is the current one."""
    return await asyncio.to_thread(_diff, gateway.datasets, name, before, after)


@router.get(
    "/{name}/versions/{digest}/report",
    summary="See how a version came about",
    response_class=HTMLResponse,
    responses=problems(404),
)
async def read_report(name: DatasetInPath, digest: str, gateway: Gateway) -> HTMLResponse:
    """A page with pictures: the classes, and what was left out, and why."""
    return await _page(lambda: gateway.datasets.report(name, gateway.datasets.resolve(name, digest)))


@router.get(
    "/{name}/runs/{job_id}/report",
    summary="See what an ingestion took and left out",
    response_class=HTMLResponse,
    responses=problems(404),
)
async def read_run_report(name: DatasetInPath, job_id: str, gateway: Gateway) -> HTMLResponse:
    """The same page of a single ingestion, whether it published a version or not. Those of the newest are kept."""
    if not is_key_part(job_id):
        raise ProblemError(ProblemCode.NOT_FOUND, f"There is no ingestion {job_id!r}.")
    return await _page(lambda: gateway.datasets.runs.report(name, job_id))


async def _page(read: Callable[[], bytes]) -> HTMLResponse:
    try:
        page = await asyncio.to_thread(read)
    except DatasetError as error:
        raise ProblemError(ProblemCode.NOT_FOUND, str(error)) from error
    return HTMLResponse(page, headers={"Content-Security-Policy": REPORT_POLICY})


def _list(datasets: DatasetVersions) -> DatasetList:
    return DatasetList(datasets=[datasets.summary(name, datasets.newest(name)) for name in datasets.names()])


def _detail(datasets: DatasetVersions, name: str) -> DatasetDetail:
    try:
        newest = datasets.resolve(name)
        versions = datasets.summaries(name)
    except DatasetError as error:
        raise ProblemError(ProblemCode.NOT_FOUND, str(error)) from error
    latest = next((one for one in versions if one.digest == newest), versions[0])
    return DatasetDetail(**latest.model_dump(), versions=versions)


def _changes(datasets: DatasetVersions, name: str, since: str) -> DatasetChanges:
    try:
        after = datasets.load(name)
        before = datasets.load(name, datasets.resolve(name, since)) if since else _nothing(name, after.created_at)
    except DatasetError as error:
        raise ProblemError(ProblemCode.NOT_FOUND, str(error)) from error
    changes = compare(before, after)
    return DatasetChanges(
        dataset=name,
        since=before.digest if since else "",
        version=after.digest,
        added=len(changes.added),
        removed=len(changes.removed),
        relabelled=len(changes.relabelled),
    )


def _diff(datasets: DatasetVersions, name: str, before: str, after: str) -> VersionDiff:
    try:
        first, second = (datasets.load(name, datasets.resolve(name, beginning)) for beginning in (before, after))
    except DatasetError as error:
        raise ProblemError(ProblemCode.NOT_FOUND, str(error)) from error
    return compare(first, second)


def _nothing(name: str, created_at: datetime) -> DatasetManifest:
    return DatasetManifest(name=name, created_at=created_at, entries=())
