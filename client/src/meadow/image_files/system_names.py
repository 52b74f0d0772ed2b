"""Names of hidden and system files and folders, which hold no images of the person they belong to."""

SYSTEM_NAMES = frozenset(
    {
        "__macosx",  # what macOS puts beside the files of a zip
        "@eadir",  # thumbnails of a Synology disk station
        "#recycle",  # its recycle bin
        "@recycle",  # a QNAP's
        "$recycle.bin",  # Windows'
        "recycler",
        "system volume information",
        "lost+found",  # what a file system check finds
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
    }
)
"""In lower case."""


def is_system_name(name: str) -> bool:
    """Whether one part of a path is hidden (`.ipynb_checkpoints`, `._photo.jpg`) or made by a system."""
    return name.startswith(".") or name.lower() in SYSTEM_NAMES


def is_system_path(path: str) -> bool:
    """Whether any part of a path with `/` is such a name."""
    return any(map(is_system_name, path.split("/")))
