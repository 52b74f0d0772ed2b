"""Glob patterns, expanded without going in circles.

`glob` follows links to folders under `**` as often as they lead to one another, which in a circle of two is for ever.
So patterns with `**` are matched against the paths that a search finds.
"""

import glob
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

RECURSIVE = "**"


def is_recursive(pattern: str) -> bool:
    """Whether a pattern reaches folders of any depth."""
    return RECURSIVE in pattern.split("/")


def fixed_folder(pattern: str) -> str:
    """Return the folder that a pattern begins with, before its first wildcard; `.` for none."""
    folders = pattern.split("/")[:-1]
    fixed = next((place for place, part in enumerate(folders) if glob.has_magic(part)), len(folders))
    return "/".join(folders[:fixed]) or ("/" if pattern.startswith("/") else ".")


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a path below the `fixed_folder` of a pattern, written as from there, matches it."""
    parts = _parts(pattern)
    return lambda path: _matches(_parts(path), parts)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]


def _matches(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    if not patterns:
        return not parts
    if patterns[0] == RECURSIVE:
        return len(patterns) == 1 or any(_matches(parts[start:], patterns[1:]) for start in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _matches(parts[1:], patterns[1:])
