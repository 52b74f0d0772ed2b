"""The training images most like an uploaded one: the explanation that needs no explaining."""

import logging
from collections.abc import Sequence
from html import escape

from meadow.client import Client, ClientError
from meadow.schemas.jobs import Job
from meadow_ui.classify.picture import SimilarPicture, thumbnail
from meadow_ui.markup import percent

SHOWN = 4
_SIDE = 160

logger = logging.getLogger(__name__)


def find_similar(client: Client, job: Job, *, max_pixels: int) -> tuple[SimilarPicture, ...]:
    """Fetch the training images most like an answered image; none where the model or the data set has none.

    Args:
        client: Of the gateway.
        job: The finished classification.
        max_pixels: Larger images are not decoded.
    """
    try:
        found = client.similar_images(job.id, count=SHOWN)
    except ClientError as error:
        logger.info("%s: no similar images: %s", job.id, error)
        return ()
    pictures = []
    for image in found.images:
        try:
            body = client.dataset_image(found.dataset, image.sha256, version=found.dataset_version)
        except ClientError as error:
            logger.info("%s: training image %s cannot be read: %s", job.id, image.sha256, error)
            body = b""
        shown = thumbnail(body, max_pixels=max_pixels, side=_SIDE) if body else ""
        pictures.append(SimilarPicture(image.label, image.similarity, shown))
    return tuple(pictures)


def similar_strip(pictures: Sequence[SimilarPicture], model: str) -> str:
    """Draw the training images in a row, each with its label and how similar it is; empty without any.

    Args:
        pictures: The most similar first.
        model: The version that answered.
    """
    if not pictures:
        return ""
    items = "".join(_item(picture) for picture in pictures)
    head = f"<h4>Most similar training images of model {escape(model)}</h4>"
    return f'<section class="similar">{head}<ul>{items}</ul></section>'


def _item(picture: SimilarPicture) -> str:
    label, similarity = escape(picture.label), percent(max(picture.similarity, 0.0))
    image = f'<img src="{picture.thumbnail}" alt="">' if picture.thumbnail else '<span class="gone">not kept</span>'
    return f"<li>{image}<b>{label}</b><em>{similarity}</em></li>"
