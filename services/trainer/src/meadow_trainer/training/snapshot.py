"""Snapshot file: tensors and metadata.

The format is safetensors, with the metadata as JSON in its header: reading it cannot execute code.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from meadow.errors import MeadowError
from meadow_core.atomic_file import write_atomically

_METADATA = "facts"


@dataclass(frozen=True)
class Snapshot:
    """Tensors by name, and JSON-serialisable metadata."""

    tensors: dict[str, Tensor]
    metadata: dict[str, Any]


class SnapshotError(MeadowError):
    """The file is damaged or not a snapshot."""


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Replace a file atomically.

    Args:
        path: In an existing folder.
        snapshot: Tensors on any device, of any memory layout, no two of them sharing memory.

    Raises:
        OSError: The disk is full, or the folder is gone.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in snapshot.tensors.items()}
    write_atomically(path, save(tensors, metadata={_METADATA: json.dumps(snapshot.metadata)}))


def read_snapshot(path: Path) -> Snapshot | None:
    """Read a file, with its tensors on the CPU; None when it does not exist.

    Raises:
        SnapshotError: It cannot be read.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = json.loads((file.metadata() or {})[_METADATA])
            return Snapshot({name: file.get_tensor(name) for name in file.keys()}, metadata)  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise SnapshotError(f"{path} cannot be read: {error}") from error
