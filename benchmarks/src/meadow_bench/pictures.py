"""The images that everything is measured on: drawn here, of the sizes, textures and byte counts of photographs."""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from meadow_core.datasets.demo import LABELS, render_image

CHUNK = 64


@dataclass(frozen=True)
class Kind:
    """One kind of images."""

    name: str
    size: tuple[int, int]
    quality: int
    """Of the JPEG, chosen so that a file is as large as a real one."""
    distinct: int | None = None
    """So many are drawn, and repeated in files that differ in a comment; all are drawn when left out."""


THUMBNAILS = Kind("thumbnails", size=(275, 183), quality=80)
"""As image searches show them: about 10 KB."""
PHOTOS = Kind("photos", size=(4032, 3024), quality=96, distinct=8)
"""As phones take them: 12 megapixels, 3 to 4 MB."""


def folder_of(kind: Kind, count: int, data: Path) -> Path:
    """Return a folder with so many images; it is made once and kept.

    Args:
        kind: What to draw.
        count: How many files.
        data: Where folders of images are kept.
    """
    folder = data / f"{kind.name}-{kind.size[0]}x{kind.size[1]}-q{kind.quality}-{count}"
    if folder.is_dir():
        return folder
    scratch = folder.with_name(f"{folder.name}.partial")
    scratch.mkdir(parents=True, exist_ok=True)
    drawn = min(count, kind.distinct or count)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        list(pool.map(_draw, [(kind, number, scratch) for number in range(drawn)], chunksize=max(1, drawn // CHUNK)))
    originals = [_path(scratch, number).read_bytes() for number in range(drawn)] if drawn < count else []
    for number in range(drawn, count):
        _path(scratch, number).write_bytes(with_comment(originals[number % drawn], f"copy {number}"))
    scratch.rename(folder)
    return folder


def many_links(images: Sequence[Path], count: int, folder: Path) -> Path:
    """Make a folder that holds so many names of a few images, in sub-folders of a thousand."""
    for number in range(count):
        place = folder / f"{number // 1000:04d}"
        if number % 1000 == 0:
            place.mkdir(parents=True)
        (place / f"{number:06d}.jpg").hardlink_to(images[number % len(images)])
    return folder


def with_comment(jpeg: bytes, text: str) -> bytes:
    """Put a comment behind a JPEG's start marker: other bytes, the same picture."""
    comment = text.encode()
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def _draw(task: tuple[Kind, int, Path]) -> None:
    kind, number, folder = task
    label = LABELS[number % len(LABELS)]
    image = render_image(label, np.random.default_rng([kind.size[0], number]), kind.size)
    image.save(_path(folder, number), quality=kind.quality)


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number:05d}.jpg"
