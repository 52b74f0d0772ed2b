"""Explaining the answer of a job and storing that; whatever goes wrong, the answer stands."""

import logging
import time

import redis

from meadow.schemas.explanations import Explanation, ExplanationMap, ExplanationState
from meadow.schemas.predictions import Prediction
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.settings.services import WorkerSettings
from meadow_core.storage.layout import explanation_image_key, explanation_map_key
from meadow_core.storage.s3 import ObjectStore, StoreError
from meadow_worker.explaining.occlusion import occlusion_drops
from meadow_worker.explaining.overlay import draw_overlay
from meadow_worker.served_model import ServedModel

DIGITS = 4
"""Of a drop: more is noise of the arithmetic."""

logger = logging.getLogger(__name__)


class Explainer:
    """Makes explanations for the jobs that ask for one."""

    def __init__(self, store: ObjectStore, leases: JobLeases, settings: WorkerSettings) -> None:
        self._store = store
        self._leases = leases
        self._bucket = settings.jobs_bucket
        self._max_pixels = settings.max_image_pixels

    def explain(self, claim: Claim, model: ServedModel, prediction: Prediction) -> Explanation | None:
        """Explain an answer if the job asks for it, and store the explanation.

        An earlier attempt that died of it is not repeated, so that the explanation cannot cost the job its answer.

        Returns:
            What the job says of its explanation; None where none was asked for.
        """
        if JobField.EXPLAIN not in claim.record:
            return None
        if JobField.EXPLAINING in claim.record:
            return _unavailable("The worker was lost while it made the explanation.")
        try:
            if not self._leases.heartbeat(claim, {JobField.EXPLAINING: claim.attempt}):
                return None  # The job was cancelled, or is another worker's: nothing is recorded of this attempt.
            started = time.perf_counter()
            self._store_for(claim.unit.job_id, claim.image, explain_image(model, claim.image, prediction.label))
            logger.info("explained %s in %.0f ms", claim.unit, (time.perf_counter() - started) * 1000)
        except redis.RedisError:
            raise
        except StoreError as error:
            logger.warning("could not store the explanation of %s: %s", claim.unit, error)
            return _unavailable("The object store did not take the explanation.")
        except Exception:
            logger.exception("failed to explain %s", claim.unit)
            return _unavailable("The worker failed on the explanation. Its log has the reason under the job's id.")
        return Explanation(state=ExplanationState.READY)

    def _store_for(self, job_id: str, image: bytes, explanation: ExplanationMap) -> None:
        overlay = draw_overlay(image, explanation, max_pixels=self._max_pixels)
        self._store.put(self._bucket, explanation_map_key(job_id), explanation.model_dump_json().encode())
        self._store.put(self._bucket, explanation_image_key(job_id), overlay)


def explain_image(model: ServedModel, body: bytes, label: str) -> ExplanationMap:
    """Measure which parts of an image an answer depends on.

    Raises:
        ImageRejectedError: The image cannot be decoded.
        ArithmeticError: The network gives what is no number.
    """
    image = model.decode(body)
    manifest = model.manifest
    drops = occlusion_drops(model.logits, image.pixels, manifest.classes.index(label), temperature=manifest.temperature)
    return ExplanationMap(
        label=label,
        width=image.width,
        height=image.height,
        box=manifest.preprocessing.box(image.width, image.height),
        drops=drops.round(DIGITS).tolist(),
    )


def _unavailable(detail: str) -> Explanation:
    return Explanation(state=ExplanationState.UNAVAILABLE, detail=detail)
