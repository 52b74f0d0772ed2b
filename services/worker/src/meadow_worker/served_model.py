"""A bundle, loaded and warm."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Prediction, pack_embedding
from meadow_core.bundle.manifest import TRAINING_EMBEDDINGS_FILE, BundleError, read_bundle
from meadow_core.bundle.ood_scores import ood_scores
from meadow_core.bundle.preprocess import load_pixels
from meadow_core.bundle.region import DecodedImage
from meadow_core.bundle.scores import decide, probabilities
from meadow_core.bundle.training_embeddings import read_training_embeddings
from meadow_worker.engines.base import Engine, Outputs
from meadow_worker.engines.choose import load_engine, shares_device
from meadow_worker.engines.dynamic_batching import DynamicBatching
from meadow_worker.engines.instrumented import InstrumentedEngine, RunListener
from meadow_worker.engines.precision import Precision

MILLISECONDS = 1000
_DIGITS = 4
"""Of the OOD score: more than anyone reads, and few bytes in every result."""


class ServedModel:
    """Answers images with one model version."""

    def __init__(
        self,
        ref: ModelRef,
        bundle: Path,
        *,
        engine: str,
        max_image_pixels: int,
        precision: str = "auto",
        on_decode: Callable[[float], None] = lambda _: None,
        on_run: RunListener = lambda *_: None,
        watching: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Load a bundle, verify its files and check its answers against the probe.

        Args:
            ref: What the bundle must be.
            bundle: The folder.
            engine: As `resolve_engine` gives it.
            max_image_pixels: Larger images are refused.
            precision: As in the settings.
            on_decode: Told how many seconds each image took to decode.
            on_run: Told of each run of the network.
            watching: Entered for as long as an image is decoded, or several are answered.

        Raises:
            BundleError: It is damaged, or does not answer here as the network was trained to.
        """
        self.ref = ref
        self.manifest = read_bundle(bundle, expected_digest=ref.digest)
        self._training = (
            read_training_embeddings(bundle / TRAINING_EMBEDDINGS_FILE)
            if TRAINING_EMBEDDINGS_FILE in self.manifest.files
            else None
        )
        self._max_image_pixels = max_image_pixels
        self._on_decode = on_decode
        self._watching = watching
        try:
            loaded = load_engine(engine, bundle, self.manifest, wanted=precision)
        except BundleError:
            raise
        except Exception as error:  # each engine has exceptions of its own
            raise BundleError(f"The bundle in {bundle} does not load into {engine}: {error}") from error
        instrumented = InstrumentedEngine(loaded, on_run)
        self._engine: Engine = DynamicBatching(instrumented) if shares_device(engine) else instrumented

    @property
    def engine(self) -> str:
        """What runs it, for people: the engine and its precision."""
        return f"{self._engine.name} {self._engine.precision}"

    def classify(self, body: bytes, *, top_k: int | None = None) -> Prediction:
        """Answer one image.

        Raises:
            ImageRejectedError: It cannot be decoded.
        """
        [prediction] = self.answer([self.decode(body)], top_k=top_k)
        return prediction

    def decode(self, body: bytes) -> DecodedImage:
        """Decode an image for this model.

        Raises:
            ImageRejectedError: It cannot be decoded.
        """
        started = time.perf_counter()
        try:
            with self._watching():
                return load_pixels(body, self.manifest.preprocessing, max_pixels=self._max_image_pixels)
        finally:
            self._on_decode(time.perf_counter() - started)

    def answer(self, images: Sequence[DecodedImage], *, top_k: int | None = None) -> list[Prediction]:
        """Answer decoded images in one run of the network; `infer_ms` is each one's share.

        Raises:
            ArithmeticError: The network gives what is no number.
        """
        started = time.perf_counter()
        pixels = np.stack([image.pixels for image in images])
        with self._watching():
            outputs = self._run(pixels)
        rows = probabilities(outputs.logits, self.manifest.temperature)
        scored = self._score(pixels, outputs)
        compact = self._compacted(outputs)
        share = _since(started) / len(images)
        predictions = []
        for image, row, ood_score, embedding in zip(images, rows, scored, compact, strict=True):
            decision, scores = decide(row, self.manifest, ood_score=ood_score, top_k=top_k)
            predictions.append(
                Prediction(
                    label=scores[0].label,
                    decision=decision,
                    scores=scores,
                    ood_score=ood_score,
                    embedding=embedding,
                    width=image.width,
                    height=image.height,
                    infer_ms=share,
                )
            )
        return predictions

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the network once over pixels as `decode` gives them, [N, size, size, 3].

        Raises:
            ArithmeticError: The network gives what is no number.
        """
        return self._run(pixels).logits

    def _run(self, pixels: NDArray[np.uint8]) -> Outputs:
        outputs = self._engine.infer(pixels)
        if not np.isfinite(outputs.logits).all():
            raise ArithmeticError(f"Version {self.ref.version} gives {outputs.logits.tolist()}.")
        return outputs

    def _score(self, pixels: NDArray[np.uint8], outputs: Outputs) -> list[float] | list[None]:
        """How unlike the training images each image is; None from a bundle that cannot tell."""
        quantized = self._engine.precision is Precision.INT8
        scores = ood_scores(self.manifest.outliers, self._training, pixels, outputs.embeddings, quantized=quantized)
        return [None] * len(pixels) if scores is None else scores.round(_DIGITS).tolist()

    def _compacted(self, outputs: Outputs) -> list[str] | list[None]:
        """The embeddings, short enough to be kept with each answer; None from a bundle that has none."""
        if self._training is None or outputs.embeddings is None:
            return [None] * len(outputs.logits)
        return [pack_embedding(row.tobytes()) for row in self._training.compacted(outputs.embeddings)]


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * MILLISECONDS, 3)
