"""A few images with the trained network's own answers, by which an engine proves itself on the host it runs on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meadow_core.bundle.manifest import PROBE_FILE, BundleError

PROBE_IMAGES = 16


@dataclass(frozen=True)
class Probe:
    """Images and the logits that the network gave for them when it was trained."""

    images: NDArray[np.uint8]
    """[N, size, size, 3], RGB."""
    logits: NDArray[np.float32]
    """[N, classes]."""
    embeddings: NDArray[np.float32] | None = None
    """[N, D]; None in bundles of format 1."""


def write_probe(folder: Path, probe: Probe) -> None:
    """Put the probe among a bundle's files."""
    if probe.embeddings is None:
        np.savez_compressed(folder / PROBE_FILE, images=probe.images, logits=probe.logits)
    else:
        np.savez_compressed(folder / PROBE_FILE, images=probe.images, logits=probe.logits, embeddings=probe.embeddings)


def read_probe(folder: Path) -> Probe:
    """Read a bundle's probe.

    Raises:
        BundleError: It is not there, or is none.
    """
    try:
        with np.load(folder / PROBE_FILE, allow_pickle=False) as arrays:
            return Probe(arrays["images"], arrays["logits"], arrays.get("embeddings"))
    except Exception as error:  # what a damaged archive leads to is an open set
        raise BundleError(f"{PROBE_FILE} in {folder} cannot be read: {error}") from error
