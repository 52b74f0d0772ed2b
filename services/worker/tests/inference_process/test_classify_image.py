"""What becomes of an image: answered once, and never left without an answer."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from inference_units import send_image
from meadow.schemas.jobs import JobError, JobState
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Prediction
from meadow.schemas.queues import INTERACTIVE_QUEUE
from meadow_core.jobs import keys
from meadow_core.jobs.leases import Claim
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.log_context import current_log_context, log_context
from meadow_core.settings import Settings
from meadow_core.tracing import configure_tracing, end_tracing, span
from meadow_worker.handlers import image_handler
from meadow_worker.handlers.image_handler import RUN_IMAGES
from meadow_worker.heartbeat import worker_name
from meadow_worker.inference import classify_claims
from meadow_worker.inference_process import InferenceProcess
from meadow_worker.served_model import ServedModel
from mlflow_warnings import MLFLOW_WARNINGS

pytestmark = MLFLOW_WARNINGS


async def test_an_image_is_answered_by_the_model_in_production(
    process: InferenceProcess, submissions: JobSubmissions, images: list[bytes], production: ModelRef
) -> None:
    unit = await send_image(submissions, images[0], top_k=2)
    process.classify_image(unit)
    job = await submissions.read(unit.job_id)
    assert (job.state, job.model, job.attempts) == (JobState.SUCCEEDED, production, 1)
    assert isinstance(job.result, Prediction)
    assert len(job.result.scores) == 2


async def test_a_trace_goes_on_from_the_request_through_the_queue_to_the_answer(
    process: InferenceProcess, submissions: JobSubmissions, images: list[bytes], settings: Settings
) -> None:
    exporter = InMemorySpanExporter()
    configure_tracing(settings, "test", exporter)
    try:
        with span("POST", {}):
            unit = await send_image(submissions, images[0])
        process.classify_image(unit)
    finally:
        end_tracing()
    named = {one.name: one for one in exporter.get_finished_spans()}
    assert set(named) == {"POST", "wait in the queue", "classify an image"}
    request, answer = named["POST"], named["classify an image"]
    assert request.context
    assert answer.parent
    assert answer.attributes
    assert answer.parent.span_id == request.context.span_id
    assert answer.attributes["meadow.job"] == unit.job_id
    assert (await submissions.read(unit.job_id)).state is JobState.SUCCEEDED


async def test_log_lines_name_the_job_its_request_and_the_model(
    process: InferenceProcess,
    submissions: JobSubmissions,
    images: list[bytes],
    production: ModelRef,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[dict[str, str]] = []
    answer = classify_claims

    def look(claims: Sequence[Claim], model: ServedModel) -> list[tuple[Claim, Prediction | JobError]]:
        seen.append(dict(current_log_context()))
        return answer(claims, model)

    monkeypatch.setattr(image_handler, "classify_claims", look)
    with log_context(request_id="r1"):
        unit = await send_image(submissions, images[0])
    process.classify_image(unit)
    assert seen == [{"job": unit.job_id, "request_id": "r1", "model": production.version}]
    assert dict(current_log_context()) == {}


async def test_a_bad_image_fails_its_job_with_the_reason(
    process: InferenceProcess, submissions: JobSubmissions, images: list[bytes]
) -> None:
    unit = await send_image(submissions, images[0][:900])
    process.classify_image(unit)
    job = await submissions.read(unit.job_id)
    assert job.state is JobState.FAILED
    assert job.error
    assert job.error.code == "image-undecodable"


@pytest.mark.parametrize("settings", ["torch"], indirect=True)
async def test_many_threads_answer_each_its_own_image(
    process: InferenceProcess, submissions: JobSubmissions, images: list[bytes]
) -> None:
    """As a worker with a graphics processor runs: the threads' images share runs of the network."""
    units = [await send_image(submissions, image) for image in images * 4]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(process.classify_image, units))
    jobs = [await submissions.read(unit.job_id) for unit in units]
    answers = [job.result.scores for job in jobs if isinstance(job.result, Prediction)]
    assert len(answers) == len(units)
    alone = [await send_image(submissions, image) for image in images]
    for place, unit in enumerate(alone):
        process.classify_image(unit)
        result = (await submissions.read(unit.job_id)).result
        assert isinstance(result, Prediction)
        for scores in answers[place :: len(images)]:
            assert {one.label: one.probability for one in scores} == pytest.approx(
                {one.label: one.probability for one in result.scores}, abs=1e-4
            )


def take_message(settings: Settings) -> None:
    """Take the next message out of the queue, as Celery does before it calls."""
    with redis.Redis.from_url(settings.redis_url.get_secret_value()) as client:
        client.rpop(INTERACTIVE_QUEUE)


async def test_images_that_wait_are_answered_together(
    process: InferenceProcess, submissions: JobSubmissions, images: list[bytes], settings: Settings
) -> None:
    bad = 1
    bodies = [images[0], images[0][:900], *images, *images][:RUN_IMAGES]
    units = [await send_image(submissions, body, top_k=1 + place % 2) for place, body in enumerate(bodies)]
    beyond = await send_image(submissions, images[0])
    take_message(settings)
    process.classify_image(units[0])
    jobs = [await submissions.read(unit.job_id) for unit in units]

    assert [job.state for place, job in enumerate(jobs) if place != bad] == [JobState.SUCCEEDED] * (len(jobs) - 1)
    assert jobs[bad].error
    assert (await submissions.read(beyond.job_id)).state is JobState.QUEUED
    for place, (job, body) in enumerate(zip(jobs, bodies, strict=True)):
        if place == bad:
            continue
        alone = await send_image(submissions, body)
        process.classify_image(alone)
        expected = (await submissions.read(alone.job_id)).result
        assert isinstance(job.result, Prediction)
        assert isinstance(expected, Prediction)
        assert [score.label for score in job.result.scores] == [score.label for score in expected.scores][
            : 1 + place % 2
        ]
        assert job.result.scores[0].probability == pytest.approx(expected.scores[0].probability, abs=1e-3)


async def test_an_image_whose_worker_was_lost_is_tried_alone(
    process: InferenceProcess, submissions: JobSubmissions, images: list[bytes], settings: Settings
) -> None:
    """What it may do to a worker, it does to no other image's."""
    first, suspect, last = [await send_image(submissions, body) for body in images[:1] * 3]
    with redis.Redis.from_url(settings.redis_url.get_secret_value()) as client:
        client.hset(keys.job(suspect.job_id), "attempts", 1)
    take_message(settings)
    process.classify_image(first)
    assert (await submissions.read(suspect.job_id)).state is JobState.QUEUED
    take_message(settings)
    process.classify_image(suspect)
    assert (await submissions.read(suspect.job_id)).state is JobState.SUCCEEDED
    assert (await submissions.read(last.job_id)).state is JobState.QUEUED


@pytest.mark.parametrize("settings", ["torch"], indirect=True)
async def test_retried_image_waits_for_other_threads_and_loses_no_attempt(
    process: InferenceProcess, submissions: JobSubmissions, images: list[bytes], redis_client: redis.Redis
) -> None:
    """Until it runs alone, what kills the process may be another thread's image."""
    unit = await send_image(submissions, images[0])
    record = keys.job(unit.job_id)
    redis_client.hset(record, "attempts", 1)
    with ThreadPoolExecutor(1) as pool:
        assert process._gate
        with process._gate.beside_others():
            running = pool.submit(process.classify_image, unit)
            while redis_client.hget(record, "state") != b"running":
                assert not running.done()
            while redis_client.hget(record, "attempts") != b"1":
                assert not running.done()
            assert not running.done()
        running.result()
    job = await submissions.read(unit.job_id)
    assert (job.state, job.attempts) == (JobState.SUCCEEDED, 2)


async def test_a_message_that_comes_twice_is_answered_once(
    process: InferenceProcess, submissions: JobSubmissions, images: list[bytes]
) -> None:
    unit = await send_image(submissions, images[0])
    process.classify_image(unit)
    first = await submissions.read(unit.job_id)
    process.classify_image(unit)
    assert await submissions.read(unit.job_id) == first


def test_the_process_is_listed_with_what_it_serves(
    process: InferenceProcess, redis_client: redis.Redis, production: ModelRef
) -> None:
    status = redis_client.hget(keys.WORKERS, worker_name()) or b""
    assert production.digest.encode() in status
    process.stop()
    assert redis_client.hlen(keys.WORKERS) == 0
