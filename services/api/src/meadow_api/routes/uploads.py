"""`POST /v1/uploads`: where to put a file that a batch is to be made of."""

from fastapi import APIRouter

from meadow.schemas.sources import Upload
from meadow_api.batch_submission import new_upload
from meadow_api.resources import Gateway

router = APIRouter(prefix="/v1/uploads", tags=["batches"])


@router.post("", status_code=201, summary="Ask where to upload a zip")
async def create_upload(gateway: Gateway) -> Upload:
    """`PUT` the zip to the `url`, straight into the object store; then open a batch with the `upload_id` as its source.

    An upload makes one batch. One that makes none is deleted after a day.
    """
    return new_upload(gateway)
