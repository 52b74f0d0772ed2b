"""How the folders of a data set name its classes, whichever way they come: from a disk, an archive or an S3 prefix."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from meadow.schemas.ingestion import SplitFolders
from meadow.schemas.split import Split
from meadow_core.datasets.labels import label_of_folder


class SplitRole(StrEnum):
    """What a folder of a data set that is split already is for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True)
class ClassLayout:
    """What the paths of a data set say."""

    labels: Sequence[str | None]
    """For each path its label; None for an image beside the class folders."""
    splits: Sequence[Split | None]
    """For each path the split that it has to be in; None leaves that to Meadow."""
    notes: Sequence[str]
    """How the folders were understood, where that is not plain: sentences for people."""


_NAMES = {
    SplitRole.TRAIN: "train|training",
    SplitRole.VALIDATION: "val|valid|validation|dev|eval|evaluation",
    SplitRole.TEST: "test|testing|holdout|hold-out",
}
_ROLES = {
    role: re.compile(rf"(.+[-_ .])?({names})([-_ .]?(set|data|images|imgs|split))?", re.IGNORECASE)
    for role, names in _NAMES.items()
}


def read_layout(paths: Sequence[str], *, split_folders: SplitFolders, unwrap: bool) -> ClassLayout:
    """Tell each image's label, and its split where the data set has one.

    Args:
        paths: The images, from the data set's folder, with `/`.
        split_folders: What becomes of folders named `train`, `val`, `test` or alike, if all folders are and the same
            classes are in them.
        unwrap: Whether a single folder around the class folders is passed through, as archives have one.
    """
    parts = [path.split("/") for path in paths]
    notes: list[str] = []
    depth = 0
    while unwrap and (wrapper := _single_folder(parts, depth)):
        depth += 1
        notes.append(f"The class folders are in {label_of_folder(wrapper)}/.")
    roles = _split_roles(parts, depth)
    notes += _joined_folders(parts, depth + bool(roles))
    if not roles:
        return ClassLayout([_label(one, depth) for one in parts], [None] * len(parts), notes)
    names = ", ".join(sorted(roles, key=lambda name: (list(SplitRole).index(roles[name]), name)))
    if split_folders is SplitFolders.MERGE:
        splits: dict[SplitRole, Split | None] = dict.fromkeys(SplitRole)
        notes.append(f"The folders {names} hold the same classes: they were merged, and the hold-out is Meadow's own.")
    else:
        splits = _given_splits(set(roles.values()))
        held = ", ".join(name for name in sorted(roles) if splits[roles[name]] is Split.HOLDOUT)
        notes.append(f"The folders {names} hold the same classes: the hold-out is {held}, as given.")
    return ClassLayout(
        [_label(one, depth + 1) for one in parts],
        [splits[roles[one[depth]]] if len(one) > depth + 1 else None for one in parts],
        notes,
    )


def _label(parts: Sequence[str], depth: int) -> str | None:
    return label_of_folder(parts[depth]) if len(parts) > depth + 1 else None


def _joined_folders(parts: Sequence[Sequence[str]], depth: int) -> Iterator[str]:
    """Say which folders are one class though their names differ in spaces or in how letters are composed."""
    names: dict[str, set[str]] = defaultdict(set)
    for one in parts:
        if label := _label(one, depth):
            names[label].add(one[depth])
    for label, joined in sorted(names.items()):
        if len(joined) > 1:
            yield f"The folders {', '.join(sorted(map(ascii, joined)))} are one class: {label}."


def _single_folder(parts: Sequence[Sequence[str]], depth: int) -> str:
    """Return the folder that all images are in, if it holds folders of images and none itself."""
    names = {one[depth] for one in parts}
    if len(names) != 1 or any(len(one) < depth + 3 for one in parts):
        return ""
    return names.pop()


def _split_roles(parts: Sequence[Sequence[str]], depth: int) -> dict[str, SplitRole]:
    """Tell what each folder is for; empty if they are classes."""
    classes: dict[str, set[str]] = defaultdict(set)
    for one in parts:
        if len(one) > depth + 1:
            classes[one[depth]].update(one[depth + 1 : -1][:1])
    roles = {name: role for name in classes for role, expression in _ROLES.items() if expression.fullmatch(name)}
    if len(roles) < len(classes) or len(set(roles.values())) < 2 or SplitRole.TRAIN not in roles.values():  # noqa: PLR2004 - one kind of folder is no split
        return {}
    learned = set().union(*(classes[name] for name, role in roles.items() if role is SplitRole.TRAIN))
    # A part for a contest has no labels; other parts hold what is learned, or they are not of this data set.
    others = [classes[name] for name, role in roles.items() if role is not SplitRole.TRAIN]
    return roles if learned and all(not one or one & learned for one in others) else {}


def _given_splits(roles: set[SplitRole]) -> dict[SplitRole, Split | None]:
    """Hold out the test part; where there is none, the validation part, which Meadow otherwise chooses itself."""
    holdout = SplitRole.TEST if SplitRole.TEST in roles else SplitRole.VALIDATION
    return {role: Split.HOLDOUT if role is holdout else Split.TRAIN for role in SplitRole}
