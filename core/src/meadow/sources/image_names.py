"""Which of the files in a source are images to classify: the same that a search of a folder finds."""

from meadow.datasets.folder import IMAGE_SUFFIXES

MAC_FOLDER = "__MACOSX"
"""Where macOS puts what a zip cannot hold: files with an image's suffix that are none."""


def is_image_name(path: str) -> bool:
    """Whether a path with `/` ends in an image's suffix, and neither it nor a folder of it is hidden."""
    return suffix_of(path) in IMAGE_SUFFIXES and not is_hidden(path)


def suffix_of(path: str) -> str:
    """Return the suffix of a path's last part, with its dot and in lower case; pathlib takes ten times as long."""
    stem, _, suffix = path.rpartition("/")[2].rpartition(".")
    return f".{suffix.lower()}" if stem else ""


def is_hidden(path: str) -> bool:
    """Whether a part of a path begins with a dot, or is macOS's own."""
    return path.startswith(".") or "/." in path or MAC_FOLDER in path.split("/")
