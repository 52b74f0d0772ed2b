"""Whether a bundle, as it came back from the registry, answers its own probe."""

from pathlib import Path

import numpy as np

from meadow.bundle.manifest import MODEL_FILE, BundleError
from meadow.bundle.probe import read_probe
from meadow.bundle.scores import probabilities
from meadow_trainer.export.onnx_export import answer_with_graph

TOLERANCE = 1e-3
"""Largest accepted difference of any probability from the trained network's."""


def probe_error(folder: Path) -> str:
    """Say what is wrong with a bundle's answers; empty when they are those of the trained network.

    Args:
        folder: The bundle's, its digests verified.
    """
    try:
        probe = read_probe(folder)
        logits = answer_with_graph(folder / MODEL_FILE, probe.images)
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
