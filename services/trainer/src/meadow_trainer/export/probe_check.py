"""Probe check: whether a bundle fetched from the registry reproduces the trained network's outputs."""

from pathlib import Path

import numpy as np

from meadow_core.bundle.manifest import MODEL_FILE, BundleError
from meadow_core.bundle.probe import read_probe
from meadow_core.bundle.scores import probabilities
from meadow_trainer.export.graph import run_graph

TOLERANCE = 1e-3
"""Largest accepted difference of any probability from the trained network's."""


def probe_error(folder: Path) -> str:
    """Return why a bundle's outputs differ from the trained network's; empty when they do not.

    Args:
        folder: The bundle's, with verified digests.
    """
    try:
        probe = read_probe(folder)
        logits = run_graph(folder / MODEL_FILE, probe.images)
    except BundleError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - ONNX Runtime's exceptions share no public base class
        return f"Its graph cannot be run: {error}"
    if logits.shape != probe.logits.shape or not np.isfinite(logits).all():
        return "Its graph does not answer its probe with a number for each class."
    difference = float(np.abs(probabilities(logits, 1.0) - probabilities(probe.logits, 1.0)).max())
    if not difference <= TOLERANCE:
        return f"It does not answer its probe as the trained network did: probabilities differ by {difference:.2g}."
    return ""
