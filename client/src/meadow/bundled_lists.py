"""The lists of images that come with Meadow."""

from importlib.resources import as_file, files
from pathlib import Path


def bundled_lists() -> dict[str, Path]:
    """Return the lists that come with Meadow, by their names."""
    with as_file(files("meadow") / "manifests") as folder:
        return {path.stem: path for path in sorted(folder.glob("*.csv"))}
