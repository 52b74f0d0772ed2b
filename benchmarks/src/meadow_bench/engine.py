"""Decoding and inference exactly as the worker does them: the one place that knows the worker's engines.

The bare loop uses it, and so do the peers that run the same engine, each in an environment of its own: nothing but the
standard library, `meadow_core.bundle` and the worker's engines is imported here.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from meadow_core.bundle.manifest import read_bundle
from meadow_core.bundle.preprocess import load_pixels
from meadow_core.bundle.region import DecodedImage
from meadow_core.bundle.scores import probabilities
from meadow_worker.engines.choose import load_engine

INFERENCE_BATCH = 16
"""Images in one run of the network; a test holds it against the worker's."""
MAX_PIXELS = 64_000_000

Probabilities = dict[str, float]
"""The answer for one image: how likely each class is."""


class Classifier:
    """A bundle, loaded as a worker loads it.

    Args:
        bundle: The folder.
        engine: What a worker process reports that it runs: the engine and its precision.
    """

    def __init__(self, bundle: Path, engine: str) -> None:
        self.manifest = read_bundle(bundle)
        name, precision = engine.split()
        self._engine = load_engine(name, bundle, self.manifest, wanted=precision)

    def decode(self, body: bytes) -> DecodedImage:
        """Decode an image for this model."""
        return load_pixels(body, self.manifest.preprocessing, max_pixels=MAX_PIXELS)

    def answer(self, images: Sequence[DecodedImage]) -> list[Probabilities]:
        """Answer decoded images in one run of the network."""
        logits = self._engine.infer(np.stack([image.pixels for image in images])).logits
        rows = probabilities(logits, self.manifest.temperature)
        return [dict(zip(self.manifest.classes, row.tolist(), strict=True)) for row in rows]

    def classify(self, body: bytes) -> Probabilities:
        """Decode and answer one image."""
        return self.answer([self.decode(body)])[0]


class PeerOrder:
    """What a peer is told through its environment."""

    BUNDLE = "MEADOW_BENCH_BUNDLE"
    ENGINE = "MEADOW_BENCH_ENGINE"
    PROCESSES = "MEADOW_BENCH_PROCESSES"
    ROLL = "MEADOW_BENCH_ROLL"

    def __init__(self) -> None:
        self.bundle = Path(os.environ[self.BUNDLE])
        self.engine = os.environ[self.ENGINE]
        self.processes = int(os.environ[self.PROCESSES])
        self._roll = Path(os.environ[self.ROLL])

    def classifier(self) -> Classifier:
        """Load the bundle in this inference process."""
        classifier = Classifier(self.bundle, self.engine)
        self.sign_in()
        return classifier

    def sign_in(self) -> None:
        """Say that this process answers images, so that the harness can count those that do."""
        (self._roll / str(os.getpid())).touch()
