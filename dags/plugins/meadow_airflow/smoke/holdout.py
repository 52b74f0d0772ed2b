"""Images of a data set that no model was trained on, read from S3 under the keys at which Meadow keeps them."""

import json
from collections import defaultdict
from collections.abc import Callable
from itertools import chain, zip_longest

HOLDOUT_PERCENT = 25

Read = Callable[[str], bytes]
"""Reads an object of the images bucket."""


def manifest_key(dataset: str, digest: str) -> str:
    """Key of a data set version."""
    return f"datasets/{dataset}/versions/{digest}.json"


def image_key(sha256: str) -> str:
    """Key of an image."""
    return f"images/{sha256[:2]}/{sha256}"


def is_holdout(sha256: str, moved_to: str | None = None) -> bool:
    """Whether an image is kept from training; its content tells, unless the data set moved it."""
    return moved_to == "holdout" if moved_to else int(sha256[:8], 16) % 100 < HOLDOUT_PERCENT


def pick(manifest: bytes, count: int) -> list[tuple[str, str]]:
    """Choose hold-out images, from all classes in turn and always the same.

    Returns:
        Digest and label of each.
    """
    by_label: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for entry in sorted(json.loads(manifest)["entries"], key=lambda entry: entry["sha256"]):
        if is_holdout(entry["sha256"], entry.get("moved_to")):
            by_label[entry["label"]].append((entry["sha256"], entry["label"]))
    in_turn = chain.from_iterable(zip_longest(*(by_label[label] for label in sorted(by_label))))
    return [image for image in in_turn if image][:count]


def holdout_images(read: Read, dataset: str, digest: str, count: int) -> list[tuple[bytes, str]]:
    """Read some hold-out images, each with its label."""
    chosen = pick(read(manifest_key(dataset, digest)), count)
    return [(read(image_key(sha256)), label) for sha256, label in chosen]
