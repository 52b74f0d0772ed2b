"""The images of uncertain answers, fetched several at a time."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from meadow.client import ClientError, MeadowClient
from meadow_ui.pictures.thumbnail import thumbnail
from meadow_ui.reviews.entry import Entry

THREADS = 6

logger = logging.getLogger(__name__)


def fetch_images(client: MeadowClient, entries: Sequence[Entry], max_pixels: int) -> None:
    """Fetch those that are not there yet; one that cannot be had is shown without."""
    missing = [entry for entry in entries if not entry.image]
    if not missing:
        return
    with ThreadPoolExecutor(THREADS, thread_name_prefix="review-image") as pool:
        for _ in pool.map(lambda entry: _fetch(client, entry, max_pixels), missing):
            pass


def _fetch(client: MeadowClient, entry: Entry, max_pixels: int) -> None:
    try:
        entry.image = client.review_image(entry.item.id)
    except ClientError as error:
        logger.warning("%s: no image: %s", entry.item.name, error)
        return
    entry.thumbnail = thumbnail(entry.image, max_pixels=max_pixels)
