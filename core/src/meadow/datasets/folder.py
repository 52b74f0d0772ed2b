"""Reading a folder that holds one sub-folder per class."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from meadow.datasets.errors import DatasetError
from meadow.image_files.types import IMAGE_SUFFIXES

__all__ = ("DatasetError", "LabelledFile", "find_images", "read_class_folders")

MINIMUM_CLASSES = 2


@dataclass(frozen=True)
class LabelledFile:
    """An image file and the class that its folder names."""

    path: Path
    label: str


def find_images(folder: Path) -> Iterator[Path]:
    """Yield the image files under a folder, sorted; hidden files and folders are left out."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.suffix.lower() in IMAGE_SUFFIXES and path.is_file():
            yield path


def read_class_folders(folder: Path, *, minimum_classes: int = MINIMUM_CLASSES) -> list[LabelledFile]:
    """List a folder-per-class data set.

    Args:
        folder: One sub-folder of images per class.
        minimum_classes: Fewer are refused; one is enough where others come from elsewhere.

    Raises:
        DatasetError: There is no such folder, too few classes, or a class without images.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder. Give a folder with one sub-folder of images per class.")
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if len(classes) < minimum_classes:
        raise DatasetError(
            f"{folder} has {len(classes)} sub-folder(s); a classifier needs at least {minimum_classes}, one per class."
        )
    files: list[LabelledFile] = []
    for class_folder in classes:
        images = [LabelledFile(path, class_folder.name) for path in find_images(class_folder)]
        if not images:
            raise DatasetError(f"Class folder {class_folder} holds no images ({', '.join(sorted(IMAGE_SUFFIXES))}).")
        files.extend(images)
    return files
