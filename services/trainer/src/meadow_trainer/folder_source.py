"""A folder of this machine as a data set: cleaned as a published one is, but nothing is stored."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from meadow.datasets.ingest.check import check, refused
from meadow.datasets.ingest.claims import ReadImage, by_content
from meadow.datasets.ingest.likeness import Likeness
from meadow.datasets.ingest.settle import settle
from meadow.datasets.manifest import DatasetManifest
from meadow.datasets.rejection import Rejection
from meadow.datasets.sources.folder import FolderSource
from meadow.datasets.sources.model import Candidate, UnfitError
from meadow_trainer.errors import TrainingDataError
from meadow_trainer.source import ImageSource

_THREADS = 4


def folder_source(folder: Path, *, max_pixels: int) -> ImageSource:
    """Take the usable images of a folder with one sub-folder per class.

    Copies of one image are taken once: on both sides of the split they would make the hold-out's accuracy a lie.

    Args:
        folder: Where it is.
        max_pixels: Larger images are left out.

    Raises:
        DatasetError: The folder is no data set.
        TrainingDataError: No image of a class is usable.
    """
    files = FolderSource(folder, max_bytes=sys.maxsize)
    candidates = list(files.candidates())

    def look(candidate: Candidate) -> ReadImage | Rejection:
        try:
            body = files.read(candidate)
        except UnfitError as error:
            return refused(candidate, files.title, error.reason, error.detail)
        return check(candidate, files.title, body, max_pixels=max_pixels)

    with ThreadPoolExecutor(_THREADS) as pool:
        looked = list(pool.map(look, candidates))
    found = [one for one in looked if isinstance(one, ReadImage)]
    paths = {one.claim.sha256: folder / one.claim.name for one in found}

    settlement = settle(by_content(found), Likeness(lambda sha256: paths[sha256].read_bytes()))
    rejected = (*(one for one in looked if isinstance(one, Rejection)), *settlement.rejected)
    manifest = DatasetManifest(name=folder.name or "folder", created_at=datetime.now(UTC), entries=settlement.entries)
    if lost := sorted({one.label for one in candidates} - set(manifest.classes)):
        why = next(f"{one.name}: {one.detail}" for one in rejected if one.label in lost)
        raise TrainingDataError(f"No usable image is left in class {', '.join(lost)} of {folder}. {why}")
    return ImageSource(manifest, lambda entry: paths[entry.sha256].read_bytes(), rejected)
