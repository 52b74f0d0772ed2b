"""What becomes of an explanation that was asked for."""

import redis

from inference_units import send_image
from meadow.schemas.explanations import Explanation, ExplanationMap, ExplanationState
from meadow.schemas.jobs import JobState
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Prediction
from meadow_core.jobs import keys
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.leases import JobLeases
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.settings import Settings
from meadow_core.storage.layout import explanation_image_key, explanation_map_key
from meadow_core.storage.s3 import ObjectStore
from meadow_worker.inference_process import InferenceProcess
from mlflow_warnings import MLFLOW_WARNINGS

pytestmark = MLFLOW_WARNINGS


async def test_an_answer_is_explained_when_asked(
    process: InferenceProcess, submissions: JobSubmissions, images: list[bytes], store: ObjectStore, settings: Settings
) -> None:
    explained = await send_image(submissions, images[0], explain=1)
    assert (await submissions.read(explained.job_id)).explanation == Explanation(state=ExplanationState.PENDING)
    plain = await send_image(submissions, images[0])
    for unit in (explained, plain):
        process.classify_image(unit)
    job, other = await submissions.read(explained.job_id), await submissions.read(plain.job_id)
    assert job.state is JobState.SUCCEEDED
    assert job.explanation == Explanation(state=ExplanationState.READY)
    assert isinstance(job.result, Prediction)
    assert isinstance(other.result, Prediction)
    assert job.result.scores == other.result.scores
    assert (other.explanation, other.links.explanation) == (None, None)
    bucket = settings.jobs_bucket
    told = ExplanationMap.model_validate_json(store.get(bucket, explanation_map_key(explained.job_id)))
    assert (told.label, told.width, told.height) == (job.result.label, job.result.width, job.result.height)
    assert store.get(bucket, explanation_image_key(explained.job_id)).startswith(b"\x89PNG")
    assert not list(store.keys(bucket, f"explanations/{plain.job_id}"))


async def test_an_explanation_that_cannot_be_stored_does_not_cost_the_answer(
    settings: Settings, production: ModelRef, submissions: JobSubmissions, images: list[bytes]
) -> None:
    del production
    process = InferenceProcess(settings.model_copy(update={"jobs_bucket": "no-such-bucket"}))
    unit = await send_image(submissions, images[0], explain=1)
    process.classify_image(unit)
    job = await submissions.read(unit.job_id)
    assert job.state is JobState.SUCCEEDED
    assert job.result
    assert job.explanation
    assert job.explanation.state is ExplanationState.UNAVAILABLE
    assert "object store" in job.explanation.detail


async def test_an_explanation_that_killed_its_worker_is_not_tried_again(
    process: InferenceProcess, submissions: JobSubmissions, images: list[bytes], settings: Settings
) -> None:
    unit = await send_image(submissions, images[0], explain=1)
    with redis.Redis.from_url(settings.redis_url.get_secret_value()) as client:
        leases = JobLeases(client, settings)
        claim = leases.claim(unit, ModelRef(name="m", version="1", digest="d"))
        assert claim
        assert leases.heartbeat(claim, {JobField.EXPLAINING: claim.attempt})
        client.delete(keys.LEASES)  # the worker is gone
    process.classify_image(unit)
    job = await submissions.read(unit.job_id)
    assert (job.state, job.attempts) == (JobState.SUCCEEDED, 2)
    assert job.explanation
    assert job.explanation.state is ExplanationState.UNAVAILABLE
    assert "worker was lost" in job.explanation.detail


async def test_there_is_nothing_to_explain_without_an_answer(
    process: InferenceProcess, submissions: JobSubmissions, images: list[bytes]
) -> None:
    unit = await send_image(submissions, images[0][:900], explain=1)
    process.classify_image(unit)
    job = await submissions.read(unit.job_id)
    assert job.state is JobState.FAILED
    assert job.explanation
    assert job.explanation.state is ExplanationState.UNAVAILABLE
