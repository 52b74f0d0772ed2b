"""The demo's pictures: labelled ones that arrive in the inbox, and those of a camera that grows old."""

import io

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from meadow_core.datasets.demo import LABELS, render_image
from meadow_core.storage.s3 import ObjectStore
from meadow_local.settings import LocalSettings

INBOX = "inbox/"
JPEG_QUALITY = 90


def drop_into_inbox(settings: LocalSettings, *, per_class: int, seed: int) -> int:
    """Put labelled pictures where the DAG `ingest` looks for them; returns how many."""
    store = ObjectStore(settings)
    for label in LABELS:
        for number in range(per_class):
            key = f"{INBOX}{label}/{seed}-{number:04d}.jpg"
            store.put(settings.images_bucket, key, _jpeg(_picture(label, seed, number)))
    return per_class * len(LABELS)


def worn_out_pictures(count: int, *, seed: int) -> list[tuple[str, bytes]]:
    """Pictures of a camera whose sensor is worn out, dark, colourless and blurred, each with what it shows."""
    labels = [LABELS[number % len(LABELS)] for number in range(count)]
    return [(label, _jpeg(_wear_out(_picture(label, seed, number)))) for number, label in enumerate(labels)]


def _picture(label: str, seed: int, number: int) -> Image.Image:
    return render_image(label, np.random.default_rng([seed, LABELS.index(label), number]))


def _wear_out(picture: Image.Image) -> Image.Image:
    dim = ImageEnhance.Brightness(ImageEnhance.Color(picture).enhance(0.0)).enhance(0.25)
    return dim.filter(ImageFilter.GaussianBlur(picture.width / 60))


def _jpeg(picture: Image.Image) -> bytes:
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=JPEG_QUALITY)
    return target.getvalue()
