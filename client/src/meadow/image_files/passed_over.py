"""Counts of what a search for images passes over, and the sentence that says so."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum


class PassedOver(StrEnum):
    """What is passed over, apart from files of other types, which are counted by their suffix."""

    BROKEN_LINK = "broken link"
    LINKED_FOLDER = "linked folder"
    """A link to a folder that is searched already, elsewhere or one level up."""
    UNREADABLE_FOLDER = "unreadable folder"
    UNREADABLE_FILE = "unreadable file"
    """Only where its first bytes had to be read to tell what it is; others fail with their reason."""
    SYSTEM_FOLDER = "hidden or system folder"
    SYSTEM_FILE = "hidden or system file"
    REPEATED_FILE = "file named twice"
    SPECIAL_FILE = "device, pipe or socket"
    LOOSE_IMAGE = "image beside the class folders"
    NO_SUFFIX = "file without a suffix"
    """And without the first bytes of an image."""
    OTHER_TYPE = "file of another type"
    """With a suffix that is not counted by itself: a strange one, or one too many."""


_PLURALS = {
    PassedOver.REPEATED_FILE: "files named twice",
    PassedOver.SPECIAL_FILE: "devices, pipes or sockets",
    PassedOver.LOOSE_IMAGE: "images beside the class folders",
    PassedOver.NO_SUFFIX: "files without a suffix",
    PassedOver.OTHER_TYPE: "files of other types",
}

SUFFIXES_SHOWN = 5
MAX_SUFFIX = 16
"""Characters of a suffix that is counted by itself."""
MAX_KINDS = 100
"""How much is counted by itself: counts are kept with a batch's record, and names may be anything."""


class PassedOverCounts(Counter[str]):
    """How often what was passed over, by a `PassedOver` or by a suffix with its dot."""

    def add_file(self, suffix: str) -> None:
        """Count a file that is no image by its suffix."""
        kind = suffix or PassedOver.NO_SUFFIX
        is_strange = len(suffix) > MAX_SUFFIX or not suffix.isprintable()
        if is_strange or (kind not in self and len(self) >= MAX_KINDS):
            kind = PassedOver.OTHER_TYPE
        self[kind] += 1

    @property
    def sentence(self) -> str:
        """Say what was passed over, the most frequent first; empty if nothing was."""
        return describe_passed_over(self)


def describe_passed_over(counts: Mapping[str, int]) -> str:
    """Write counts for people, as `Passed over: 5 .heic, 30 broken links, 1 unreadable folder.`, in one sentence."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    files = [(name, count) for name, count in ordered if name.startswith(".")]
    parts = [f"{count:,} {name}" for name, count in files[:SUFFIXES_SHOWN]]
    if rest := files[SUFFIXES_SHOWN:]:
        parts.append(f"{sum(count for _, count in rest):,} files of {len(rest)} other types")
    parts += [f"{count:,} {_worded(name, count)}" for name, count in ordered if not name.startswith(".")]
    return f"Passed over: {', '.join(parts)}." if parts else ""


def _worded(name: str, count: int) -> str:
    if count == 1:
        return name
    return _PLURALS.get(PassedOver(name), f"{name}s") if name in set(PassedOver) else name
