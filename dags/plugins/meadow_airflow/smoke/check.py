"""Asking a new version about images whose labels are known."""

from collections.abc import Sequence

from meadow_airflow.gateway.client import GatewayClient
from meadow_airflow.gateway.models import Job, ModelRef

WAIT_SECONDS = 25


class SmokeError(Exception):
    """The new version does not answer as it should."""


def check_answers(client: GatewayClient, ref: ModelRef, images: Sequence[tuple[bytes, str]]) -> str:
    """Require an answer to each image, by this version; how many labels are right is only told.

    What is right in how many cases was measured, on all of the hold-out, before the version was promoted.

    Raises:
        SmokeError: An image is not answered, or by another version.
    """
    if not images:
        raise SmokeError("The data set has no hold-out image to ask about.")
    right = 0
    for number, (image, label) in enumerate(images, 1):
        job = client.classify(image, wait=WAIT_SECONDS)
        if job.state != "succeeded" or not job.result:
            raise SmokeError(f"Image {number} of {len(images)} is not answered: {_trouble(job)}")
        if job.model != ref:
            by = f"version {job.model.version}" if job.model else "no version"
            raise SmokeError(f"Image {number} of {len(images)} is answered by {by}, not by version {ref.version}.")
        right += job.result.get("label") == label
    return f"Version {ref.version} answers: {right} of {len(images)} hold-out images rightly."


def _trouble(job: Job) -> str:
    return job.error.detail if job.error else f"job {job.id} is {job.state} after {WAIT_SECONDS} seconds."
