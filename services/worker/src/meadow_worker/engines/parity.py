"""Whether an engine answers on this host as the network did where it was trained."""

import numpy as np

from meadow_core.bundle.manifest import BundleError
from meadow_core.bundle.probe import Probe
from meadow_core.bundle.scores import probabilities
from meadow_worker.engines.base import Engine
from meadow_worker.engines.precision import TOLERANCE


def check_parity(engine: Engine, probe: Probe) -> None:
    """Run the probe's images, together and one alone; a first run is also the engine's warm-up.

    Raises:
        BundleError: The answers are not finite numbers of the right shape, or too far from the network's own.
    """
    expected = probabilities(probe.logits, 1.0)
    for count in (len(probe.images), 1):
        logits = engine.infer(probe.images[:count])
        if logits.shape != probe.logits[:count].shape or not np.isfinite(logits).all():
            raise BundleError(f"{engine.name} in {engine.precision} fails its warm-up: it gives {logits.tolist()}.")
        difference = float(np.abs(probabilities(logits, 1.0) - expected[:count]).mean())
        if difference > TOLERANCE[engine.precision]:
            raise BundleError(
                f"{engine.name} in {engine.precision} does not answer as the trained network: probabilities differ by "
                f"{difference:.3g} on average, at most {TOLERANCE[engine.precision]:g} is accepted."
            )
