"""`/v1/jobs/{id}/results`: what a batch has answered, as pages or as one stream."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from meadow.result_formats import as_csv, as_ndjson
from meadow.schemas.items import ItemFilter, ItemPage, ItemState
from meadow.schemas.jobs import Job
from meadow.schemas.predictions import Decision
from meadow.schemas.problems import ProblemCode
from meadow_api.batch_reading import read_batch
from meadow_api.batch_results import BatchResults
from meadow_api.page_parameters import ResultsToken
from meadow_api.resources import Gateway, Resources
from meadow_api.responses import problems
from meadow_core.errors import ProblemError

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["results"])

NDJSON_TYPE = "application/x-ndjson"
LINES_A_CHUNK = 256
"""Each chunk of a stream is a step through the thread pool, which costs more than a line does."""

Partial = Annotated[bool, Query(description="Take what is there although the batch is not finished.")]


async def _wanted(
    label: Annotated[str | None, Query(description="Only images of this predicted class.")] = None,
    decision: Annotated[Decision | None, Query(description="Only answers of this decision.")] = None,
    state: Annotated[ItemState | None, Query(description="Only images in this state.")] = None,
) -> ItemFilter:
    return ItemFilter(label=label, decision=decision, state=state)


Wanted = Annotated[ItemFilter, Depends(_wanted)]


@router.get("/results", summary="Read a batch's results by the page", responses=problems(400, 404, 410))
async def read_results(
    job_id: str,
    gateway: Gateway,
    wanted: Wanted,
    page_size: Annotated[int, Query(ge=1, le=1000)] = 200,
    page_token: ResultsToken = "",
) -> ItemPage:
    """Results come in the order of the packs. While the batch runs, the token leads to what is still to come.

    With a filter a page may hold fewer results than asked for, even none: follow the token while it changes.
    """
    results, job = await _open(gateway, job_id, wanted)
    return await asyncio.to_thread(results.page, size=page_size, token=page_token, finished=job.state.is_final)


@router.get(
    "/results.csv",
    summary="Download a batch's results as CSV",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **problems(404, 409, 410)},
)
async def download_csv(
    job_id: str,
    gateway: Gateway,
    wanted: Wanted,
    *,
    partial: Partial = False,
    spreadsheet_safe: Annotated[
        bool,
        Query(description="Put `'` before cells that a spreadsheet would run as a formula, which changes those names."),
    ] = False,
) -> StreamingResponse:
    """One line an image. Names are as they were sent, so that the file can be joined with others."""
    results, job = await _open(gateway, job_id, wanted, partial=partial)
    lines = as_csv(results.items(), spreadsheet_safe=spreadsheet_safe)
    return _download(job, _chunks(lines), "csv", "text/csv")


@router.get(
    "/results.ndjson",
    summary="Download a batch's results as NDJSON",
    response_class=StreamingResponse,
    responses={200: {"content": {NDJSON_TYPE: {"schema": {"type": "string"}}}}, **problems(404, 409, 410)},
)
async def download_ndjson(
    job_id: str,
    gateway: Gateway,
    wanted: Wanted,
    *,
    partial: Partial = False,
) -> StreamingResponse:
    """One JSON object a line."""
    results, job = await _open(gateway, job_id, wanted, partial=partial)
    chunks = results.stored_lines() if wanted.takes_all else _chunks(as_ndjson(results.items()))
    return _download(job, chunks, "ndjson", NDJSON_TYPE)


async def _open(
    gateway: Resources, job_id: str, wanted: ItemFilter, *, partial: bool = True
) -> tuple[BatchResults, Job]:
    job = await read_batch(gateway, job_id)
    if not partial and not job.state.is_final:
        raise ProblemError(
            ProblemCode.JOB_NOT_FINISHED, f"Batch {job_id} is {job.state}. Wait for it, or ask with ?partial=true."
        )
    packs = await gateway.batches.pack_count(job_id)
    return BatchResults(gateway.store, gateway.settings.jobs_bucket, job_id, packs, wanted), job


def _chunks(lines: Iterator[str]) -> Iterator[str]:
    while chunk := "".join(islice(lines, LINES_A_CHUNK)):
        yield chunk


def _download(job: Job, content: Iterator[str] | Iterator[bytes], suffix: str, media_type: str) -> StreamingResponse:
    disposition = f'attachment; filename="{job.id}.{suffix}"'
    return StreamingResponse(content, media_type=media_type, headers={"Content-Disposition": disposition})
