"""The end of a log."""

from pathlib import Path

BYTES_PER_LINE = 2_000
"""Read at most so much for each line asked for: a log may be large, its lines are not."""


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a file; none when there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - lines * BYTES_PER_LINE))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-lines:]
