"""Which of the files in a source are images to classify: the same that a search of a folder finds."""

from pathlib import PurePosixPath

from meadow.datasets.folder import IMAGE_SUFFIXES

MAC_FOLDER = "__MACOSX"
"""Where macOS puts what a zip cannot hold: files with an image's suffix that are none."""


def is_image_name(path: str) -> bool:
    """Whether a path with `/` ends in an image's suffix, and neither it nor a folder of it is hidden."""
    parts = PurePosixPath(path).parts
    hidden = any(part.startswith(".") or part == MAC_FOLDER for part in parts)
    return not hidden and PurePosixPath(path).suffix.lower() in IMAGE_SUFFIXES
