"""`/v1/datasets/{name}/images`: what is in a data set, image by image."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from meadow.image_files.types import media_type
from meadow.schemas.dataset_images import DatasetImagePage
from meadow.schemas.problems import ProblemCode
from meadow.schemas.split import Split
from meadow_api.dataset_names import DatasetInPath
from meadow_api.page_parameters import PageToken
from meadow_api.resources import Gateway, Resources
from meadow_api.responses import PRIVATE, UNCHANGED, is_known, problems
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.images import VersionImages
from meadow_core.errors import ProblemError
from meadow_core.page_tokens import parse_places
from meadow_core.storage.errors import ObjectMissingError

router = APIRouter(prefix="/v1/datasets/{name}/images", tags=["data sets"])

IMAGE_POLICY = "default-src 'none'; sandbox"
"""`Content-Security-Policy` of a file that came from anywhere, should a browser take it for a page."""

Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="Digest of the image's bytes.")]
Version = Annotated[str, Query(description="How the version's digest begins; the current one if it is left out.")]


@router.get("", summary="List a version's images", responses=problems(400, 404))
async def list_images(
    name: DatasetInPath,
    gateway: Gateway,
    version: Version = "",
    label: Annotated[str, Query(description="Only images with this label.")] = "",
    split: Annotated[Split | None, Query(description="Only images of this split.")] = None,
    page_size: Annotated[int, Query(ge=1, le=1000)] = 200,
    page_token: PageToken = "",
) -> DatasetImagePage:
    """In the order of their digests. To read all of them, ask for the `version` that the first page names."""
    [start] = parse_places(page_token)
    images = await _find(gateway, name, version)
    return await asyncio.to_thread(images.page, size=page_size, start=start, label=label, split=split)


@router.get(
    "/{sha256}",
    summary="See an image",
    response_class=Response,
    responses={
        200: {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}},
        **UNCHANGED,
        **problems(404),
    },
)
async def read_image(
    name: DatasetInPath,
    sha256: Sha256,
    gateway: Gateway,
    version: Version = "",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The bytes as they were taken in, of images that are in the version."""
    images = await _find(gateway, name, version)
    # Never another content under the same digest.
    headers = {"Cache-Control": PRIVATE, "ETag": f'"{sha256}"'}
    if sha256 in images.rows and is_known(headers["ETag"], if_none_match or ""):
        return Response(status_code=304, headers=headers)
    try:
        body = await asyncio.to_thread(gateway.dataset_images.read, images, sha256)
    except DatasetError as error:
        raise ProblemError(ProblemCode.NOT_FOUND, str(error)) from error
    except ObjectMissingError as error:
        raise ProblemError(ProblemCode.NOT_FOUND, f"Image {sha256} is gone from the store.") from error
    headers |= {"Content-Security-Policy": IMAGE_POLICY, "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type=media_type(body), headers=headers)


async def _find(gateway: Resources, name: str, version: str) -> VersionImages:
    try:
        return await asyncio.to_thread(gateway.dataset_images.of, name, version)
    except DatasetError as error:
        raise ProblemError(ProblemCode.NOT_FOUND, str(error)) from error
