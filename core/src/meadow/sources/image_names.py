"""Which of the files in a source are images to classify: the same that a search of a folder finds."""

from meadow.image_files.system_names import is_system_path
from meadow.image_files.types import IMAGE_SUFFIXES, suffix_of


def is_image_name(path: str) -> bool:
    """Whether a path with `/` ends in an image's suffix, and neither it nor a folder of it is hidden."""
    return suffix_of(path) in IMAGE_SUFFIXES and not is_system_path(path)
