"""A local folder as a data set: cleaned as a published one is, without storing anything."""

import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from meadow.schemas.dataset_manifest import DatasetManifest
from meadow_core.datasets.ingest.assertions import ReadImage, by_content
from meadow_core.datasets.ingest.check import check, refused
from meadow_core.datasets.ingest.deduplicate import deduplicate
from meadow_core.datasets.ingest.similarity import Similarity
from meadow_core.datasets.ingest.usable import class_notes
from meadow_core.datasets.rejection import Rejection
from meadow_core.datasets.sources.folder import FolderSource
from meadow_core.datasets.sources.model import Candidate, UnfitError
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import TrainingDataError

log = logging.getLogger(__name__)

_THREADS = 4


def folder_source(folder: Path, *, max_pixels: int) -> ImageSource:
    """Load the usable images of a folder with one sub-folder per class.

    Duplicates are dropped: on both sides of the split they would leak training images into the hold-out.

    Args:
        folder: Its path.
        max_pixels: Larger images are rejected.

    Raises:
        DatasetError: The folder is no data set.
        TrainingDataError: No image of a class is usable.
    """
    files = FolderSource(folder, max_bytes=sys.maxsize)
    candidates = list(files.candidates())
    paths: dict[str, Path] = {}

    def read(candidate: Candidate | Rejection) -> ReadImage | Rejection:
        if isinstance(candidate, Rejection):
            return candidate
        try:
            body = files.read(candidate)
        except UnfitError as error:
            return refused(candidate, files.title, error.reason, error.detail)
        checked = check(candidate, files.title, body, max_pixels=max_pixels)
        if isinstance(checked, ReadImage):
            paths[checked.assertion.sha256] = Path(candidate.place)
        return checked

    with ThreadPoolExecutor(_THREADS) as pool:
        outcomes = list(pool.map(read, candidates))
    found = [one for one in outcomes if isinstance(one, ReadImage)]
    deduplicated = deduplicate(by_content(found), Similarity(lambda sha256: paths[sha256].read_bytes()))
    rejected = (*(one for one in outcomes if isinstance(one, Rejection)), *deduplicated.rejected)
    manifest = DatasetManifest(
        name=folder.name or "folder", created_at=datetime.now(UTC), entries=deduplicated.split_entries()
    )
    wanted = {one.label for one in candidates if isinstance(one, Candidate)}
    if lost := sorted(wanted - set(manifest.classes)):
        why = next(f"{one.name}: {one.detail}" for one in rejected if one.label in lost)
        raise TrainingDataError(f"No usable image is left in class {', '.join(lost)} of {folder}. {why}")
    for note in (files.passed_over.sentence, *files.notes, *deduplicated.notes, *class_notes(manifest)):
        if note:
            log.warning("%s", note)
    return ImageSource(manifest, lambda entry: paths[entry.sha256].read_bytes(), rejected)
