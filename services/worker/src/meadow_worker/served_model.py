"""A bundle, loaded and warm."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from meadow.bundle.manifest import BundleError, read_bundle
from meadow.bundle.preprocess import load_pixels
from meadow.bundle.region import DecodedImage
from meadow.bundle.scores import decide, probabilities
from meadow.predictions import Prediction
from meadow.registry.model import ModelRef
from meadow_worker.engines.base import Engine
from meadow_worker.engines.choose import load_engine

MILLISECONDS = 1000


class ServedModel:
    """Answers images with one model version."""

    def __init__(self, ref: ModelRef, bundle: Path, *, engine: str, max_image_pixels: int) -> None:
        """Load a bundle, check it and run it once.

        Raises:
            BundleError: It is damaged, or its warm-up does not give one finite number for each class.
        """
        self.ref = ref
        self.manifest = read_bundle(bundle, expected_digest=ref.digest)
        self._max_image_pixels = max_image_pixels
        try:
            self._engine: Engine = load_engine(engine, bundle, self.manifest)
            self._warm_up()
        except BundleError:
            raise
        except Exception as error:  # each engine has exceptions of its own
            raise BundleError(f"The bundle in {bundle} does not load into {engine}: {error}") from error

    def classify(self, body: bytes, *, top_k: int | None = None) -> Prediction:
        """Answer one image.

        Raises:
            ImageRejectedError: It cannot be decoded.
        """
        started = time.perf_counter()
        [prediction] = self.answer([self.decode(body)], top_k=top_k)
        return prediction.model_copy(update={"infer_ms": _since(started)})

    def decode(self, body: bytes) -> DecodedImage:
        """Decode an image for this model.

        Raises:
            ImageRejectedError: It cannot be decoded.
        """
        return load_pixels(body, self.manifest.preprocessing, max_pixels=self._max_image_pixels)

    def answer(self, images: Sequence[DecodedImage], *, top_k: int | None = None) -> list[Prediction]:
        """Answer decoded images in one run of the network; `infer_ms` is each one's share.

        Raises:
            ArithmeticError: The network gives what is no number.
        """
        started = time.perf_counter()
        logits = self._engine.infer(np.stack([image.pixels for image in images]))
        if not np.isfinite(logits).all():
            raise ArithmeticError(f"Version {self.ref.version} gives {logits.tolist()}.")
        share = _since(started) / len(images)
        predictions = []
        for image, row in zip(images, probabilities(logits, self.manifest.temperature), strict=True):
            decision, scores = decide(row, self.manifest, top_k=top_k)
            predictions.append(
                Prediction(
                    label=scores[0].label,
                    decision=decision,
                    scores=scores,
                    width=image.width,
                    height=image.height,
                    infer_ms=share,
                )
            )
        return predictions

    def _warm_up(self) -> None:
        size = self.manifest.preprocessing.size
        logits = self._engine.infer(np.full((1, size, size, 3), 127, dtype=np.uint8))
        if logits.shape != (1, len(self.manifest.classes)) or not np.isfinite(logits).all():
            raise BundleError(f"Version {self.ref.version} fails its warm-up: it gives {logits.tolist()}.")


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * MILLISECONDS, 3)
