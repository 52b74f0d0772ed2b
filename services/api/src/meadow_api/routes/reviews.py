"""`/v1/reviews`: the answers that the model was not sure of, for people to look at."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from meadow.image_files.types import media_type
from meadow.schemas.correction import Correction
from meadow.schemas.feedback import LabelOrigin
from meadow.schemas.jobs import Job
from meadow.schemas.problems import ProblemCode
from meadow.schemas.review import ReviewItem, ReviewPage
from meadow_api.auth import Caller
from meadow_api.labels import SaidLabel, check_label, keep_label
from meadow_api.page_parameters import PageToken
from meadow_api.resources import Gateway, Resources
from meadow_api.responses import PRIVATE, problems
from meadow_api.routes.feedback import FeedbackBody
from meadow_core.errors import ProblemError
from meadow_core.page_tokens import parse_places
from meadow_core.storage.errors import ObjectMissingError

router = APIRouter(prefix="/v1/reviews", tags=["corrections"])

ItemId = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


@router.get("", summary="List the uncertain answers, newest first", responses=problems(400))
async def list_reviews(
    gateway: Gateway, page_size: Annotated[int, Query(ge=1, le=200)] = 50, page_token: PageToken = ""
) -> ReviewPage:
    """A bounded sample of them, each until a person has labelled it, or it has waited for too long."""
    [start] = parse_places(page_token)
    return await asyncio.to_thread(gateway.reviews.page, size=page_size, start=start)


@router.get(
    "/{item_id}/image",
    summary="See the image",
    response_class=Response,
    responses={200: {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}, **problems(404)},
)
async def read_review_image(item_id: ItemId, gateway: Gateway) -> Response:
    """As it was submitted."""
    await _find(gateway, item_id)
    try:
        body = await asyncio.to_thread(gateway.reviews.image, item_id)
    except ObjectMissingError as error:
        raise _missing(item_id) from error
    headers = {"Cache-Control": PRIVATE, "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type=media_type(body), headers=headers)


@router.put("/{item_id}", summary="Label an uncertain answer", responses=problems(404))
async def label_review(item_id: ItemId, asked: FeedbackBody, gateway: Gateway, caller: Caller) -> Correction:
    """The image becomes a correction, and training data with the next version; it leaves the list."""
    item = await _find(gateway, item_id)
    label = asked.label.strip()
    await check_label(gateway, label, new_class=asked.new_class, location="body.label")
    try:
        image = await asyncio.to_thread(gateway.reviews.image, item_id)
    except ObjectMissingError as error:
        raise _missing(item_id) from error
    said = SaidLabel(label, caller, new_class=asked.new_class, note=asked.note, origin=LabelOrigin.REVIEW)
    job = await _job_of(gateway, item)
    return await keep_label(gateway, said, image, job=job, job_id=item.job_id, name=item.name, item=item)


@router.delete("/{item_id}", status_code=204, summary="Forget an uncertain answer")
async def forget_review(item_id: ItemId, gateway: Gateway) -> None:
    """For what nobody can tell, or what is none of the classes. One that is not there is no error."""
    await asyncio.to_thread(gateway.reviews.remove, item_id)


async def _find(gateway: Resources, item_id: str) -> ReviewItem:
    item = await asyncio.to_thread(gateway.reviews.find, item_id)
    if item is None:
        raise _missing(item_id)
    return item


async def _job_of(gateway: Resources, item: ReviewItem) -> Job | None:
    try:
        return await gateway.submissions.read(item.job_id)
    except ProblemError:
        return None


def _missing(item_id: str) -> ProblemError:
    return ProblemError(ProblemCode.NOT_FOUND, f"There is no uncertain answer {item_id!r}, or no more.")
