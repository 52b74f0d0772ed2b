"""Whether an engine answers on this host as the network did where it was trained."""

import numpy as np
from numpy.typing import NDArray

from meadow_core.bundle.manifest import BundleError
from meadow_core.bundle.probe import Probe
from meadow_core.bundle.scores import probabilities
from meadow_worker.engines.base import Engine
from meadow_worker.engines.precision import TOLERANCE

LEAST_SIMILARITY = 0.8
"""Mean cosine of an engine's embeddings with the trained network's."""


def check_parity(engine: Engine, probe: Probe) -> None:
    """Run the probe's images, together and one alone; a first run is also the engine's warm-up.

    Raises:
        BundleError: The answers are not finite numbers of the right shape, or too far from the network's own.
    """
    expected = probabilities(probe.logits, 1.0)
    for count in (len(probe.images), 1):
        outputs = engine.infer(probe.images[:count])
        logits = outputs.logits
        if logits.shape != probe.logits[:count].shape or not np.isfinite(logits).all():
            raise BundleError(f"{engine.name} in {engine.precision} fails its warm-up: it gives {logits.tolist()}.")
        difference = float(np.abs(probabilities(logits, 1.0) - expected[:count]).mean())
        if difference > TOLERANCE[engine.precision]:
            raise BundleError(
                f"{engine.name} in {engine.precision} does not answer as the trained network: probabilities differ by "
                f"{difference:.3g} on average, at most {TOLERANCE[engine.precision]:g} is accepted."
            )
        if probe.embeddings is not None:
            _check_embeddings(engine, outputs.embeddings, probe.embeddings[:count])


def _check_embeddings(engine: Engine, embeddings: NDArray[np.float32] | None, expected: NDArray[np.float32]) -> None:
    """Raise unless embeddings point where the network's do: int8 bends them a little, another layer's point away."""
    if embeddings is None or embeddings.shape != expected.shape:
        raise BundleError(f"{engine.name} in {engine.precision} gives no embeddings as the trained network did.")
    lengths = np.linalg.norm(embeddings, axis=1) * np.linalg.norm(expected, axis=1)
    similarity = float(((embeddings * expected).sum(axis=1) / np.maximum(lengths, 1e-12)).mean())
    if not similarity >= LEAST_SIMILARITY:
        raise BundleError(
            f"{engine.name} in {engine.precision} does not embed as the trained network: the embeddings' cosine is "
            f"{similarity:.3g} on average, at least {LEAST_SIMILARITY:g} is accepted."
        )
