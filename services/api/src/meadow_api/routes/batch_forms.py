"""`POST /v1/batches` with a form: its images, or its zip, are the batch."""

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import Scope

from meadow.schemas.jobs import Job, JobKind
from meadow_api.auth import Caller
from meadow_api.batch_form import store_form
from meadow_api.batch_submission import forget_upload, open_batch
from meadow_api.idempotency import IdempotencyHeader
from meadow_api.resources import Gateway
from meadow_api.submission_response import answer_with
from meadow_core.errors import ProblemError

FORM_TYPE = "multipart/form-data"


class FormRoute(APIRoute):
    """A route for forms only: the same path takes JSON on another one."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Pass a request on that is no form."""
        if not Headers(scope=scope).get("content-type", "").lower().startswith(FORM_TYPE):
            return Match.NONE, {}
        return super().matches(scope)


router = APIRouter(prefix="/v1/batches", route_class=FormRoute)


@router.post("", status_code=202, include_in_schema=False)
async def submit_form(
    request: Request, response: Response, gateway: Gateway, caller: Caller, key: IdempotencyHeader
) -> Job:
    """Described with the JSON that opens a batch."""
    async with gateway.form_slots:
        form = await store_form(request, gateway)
    try:
        accepted = await open_batch(gateway, caller, key, form.asked, form.source, form.digest)
    except ProblemError:
        await forget_upload(gateway, form.source)
        raise
    if accepted.replayed:
        # The first time's files fill the batch.
        await forget_upload(gateway, form.source)
    return await answer_with(gateway, response, accepted, JobKind.BATCH)
