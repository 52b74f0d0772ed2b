"""`/v1/datasets/{name}/suspects`: labels that are probably wrong."""

import asyncio

from fastapi import APIRouter

from meadow.schemas.label_suspects import LabelSuspects
from meadow.schemas.problems import ProblemCode
from meadow_api.dataset_names import DatasetInPath
from meadow_api.resources import Gateway, Resources
from meadow_api.responses import problems
from meadow_core.datasets.errors import DatasetError
from meadow_core.errors import ProblemError

router = APIRouter(prefix="/v1/datasets/{name}/suspects", tags=["data sets"])


@router.get("", summary="List probably wrong labels", responses=problems(404))
async def list_suspects(name: DatasetInPath, gateway: Gateway) -> LabelSuspects:
    """As the last training run found them; those that were corrected or left out since are not listed.

    Correct one with `POST /v1/corrections`. `GET /v1/datasets/{name}/images/{sha256}` has the image. 404 before the
    first training on the data set.
    """
    return await asyncio.to_thread(_suspects, gateway, name)


def _suspects(gateway: Resources, name: str) -> LabelSuspects:
    try:
        return gateway.label_suspects.of(gateway.dataset_images.of(name))
    except DatasetError as error:
        raise ProblemError(ProblemCode.NOT_FOUND, str(error)) from error
