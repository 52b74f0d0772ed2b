"""What becomes of a unit of work, over real stores: answered once, and never left without an answer."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from redis.asyncio import Redis

from meadow.explanations import Explanation, ExplanationMap, ExplanationState
from meadow.items import ItemResult
from meadow.jobs import keys
from meadow.jobs.batches import BatchSubmissions
from meadow.jobs.ids import JobIds
from meadow.jobs.keys import Unit
from meadow.jobs.leases import Claim, JobLeases
from meadow.jobs.model import JobError, JobKind, JobState
from meadow.jobs.record import EXPLAINING
from meadow.jobs.submissions import JobSubmissions
from meadow.log_context import current_log_context, log_context
from meadow.names import INTERACTIVE_QUEUE
from meadow.packs import build_pack
from meadow.predictions import Prediction
from meadow.registry.cache import ModelCache
from meadow.registry.model import ModelRef
from meadow.registry.versions import ModelRegistry
from meadow.settings import Settings
from meadow.sources.model import PrefixSource
from meadow.storage.layout import explanation_image_key, explanation_map_key, pack_key, pack_results_key
from meadow.storage.s3 import ObjectStore
from meadow.tracing import configure_tracing, end_tracing, span
from meadow_worker import inference_process
from meadow_worker.answering import answer_claims
from meadow_worker.inference_process import RUN_IMAGES, InferenceProcess
from meadow_worker.lease_keeper import worker_name
from meadow_worker.served_model import ServedModel

pytestmark = [
    # MLflow's own database store uses what SQLAlchemy is going to remove; with a server it does so over there.
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    # MLflow warns of its own type hints when its parts are first imported.
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
]


@pytest.fixture(params=["openvino", "torch"])
def settings(settings: Settings, mlflow_uri: str, request: pytest.FixtureRequest) -> Settings:
    return settings.model_copy(
        update={
            "mlflow_tracking_uri": mlflow_uri,
            "worker_engine": request.param,
            "lease_seconds": 0.3,
            "max_attempts": 2,
            "worker_processes": 1,
            "worker_threads": 1,
        }
    )


@pytest.fixture
def production(settings: Settings, registry: ModelRegistry, register: Callable[..., ModelRef]) -> ModelRef:
    ref = register(decision_threshold=0.0)
    cache = ModelCache(settings.model_cache)
    cache.ensure(ref, registry)
    cache.point(ref)
    return ref


@pytest.fixture
def process(settings: Settings, production: ModelRef) -> Iterator[InferenceProcess]:
    del production
    running = InferenceProcess(settings)
    running.start()
    yield running
    running.stop()


@pytest.fixture
async def submissions(settings: Settings) -> AsyncIterator[JobSubmissions]:
    async with Redis.from_url(settings.redis_url.get_secret_value()) as client:
        yield JobSubmissions(client, settings, JobIds(b"secret"))


@pytest.fixture
async def batches(settings: Settings, submissions: JobSubmissions) -> AsyncIterator[BatchSubmissions]:
    async with Redis.from_url(settings.redis_url.get_secret_value()) as client:
        yield BatchSubmissions(client, settings, submissions)


async def send_image(submissions: JobSubmissions, body: bytes, **fields: str | int) -> Unit:
    return Unit((await submissions.submit(JobKind.CLASSIFICATION, image=body, fields=fields)).job_id)


async def send_pack(
    submissions: JobSubmissions, batches: BatchSubmissions, store: ObjectStore, settings: Settings, body: bytes
) -> Unit:
    batch_id = (await submissions.submit(JobKind.BATCH)).job_id
    store.put(settings.jobs_bucket, pack_key(batch_id, 0), body)
    await batches.add_pack(batch_id, 0, 3)
    await batches.seal(batch_id, 1)
    return Unit(batch_id, 0)


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
    answer = answer_claims

    def look(claims: Sequence[Claim], model: ServedModel) -> list[tuple[Claim, Prediction | JobError]]:
        seen.append(dict(current_log_context()))
        return answer(claims, model)

    monkeypatch.setattr(inference_process, "answer_claims", look)
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
        assert leases.heartbeat(claim, {EXPLAINING: claim.attempt})
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


async def test_a_message_that_comes_twice_is_answered_once(
    process: InferenceProcess, submissions: JobSubmissions, images: list[bytes]
) -> None:
    unit = await send_image(submissions, images[0])
    process.classify_image(unit)
    first = await submissions.read(unit.job_id)
    process.classify_image(unit)
    assert await submissions.read(unit.job_id) == first


async def test_a_pack_is_answered_image_by_image(
    process: InferenceProcess,
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    production: ModelRef,
) -> None:
    body = build_pack([("a.jpg", images[0]), ("bad.jpg", b"text"), ("b.jpg", images[1])])
    unit = await send_pack(submissions, batches, store, settings, body)
    process.classify_pack(unit)
    job = await submissions.read(unit.job_id)
    assert (job.state, job.model) == (JobState.SUCCEEDED, production)
    assert job.progress
    assert (job.progress.done, job.progress.failed, sum(job.progress.classes.values())) == (3, 1, 2)
    lines = store.get(settings.jobs_bucket, pack_results_key(unit.job_id, 0)).splitlines()
    results = [ItemResult.model_validate_json(line) for line in lines]
    assert [(result.item, result.state.value) for result in results] == [
        ("a.jpg", "succeeded"),
        ("bad.jpg", "failed"),
        ("b.jpg", "succeeded"),
    ]


async def test_a_batch_is_answered_by_the_version_that_began_it(
    process: InferenceProcess,
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    production: ModelRef,
    register: Callable[..., ModelRef],
    registry: ModelRegistry,
) -> None:
    batch_id = (await submissions.submit(JobKind.BATCH)).job_id
    cache = ModelCache(settings.model_cache)
    newer = register(decision_threshold=1.0)
    for number in range(2):
        store.put(settings.jobs_bucket, pack_key(batch_id, number), build_pack([("a.jpg", images[0])]))
        await batches.add_pack(batch_id, number, 1)
        process.classify_pack(Unit(batch_id, number))
        cache.ensure(newer, registry)
        cache.point(newer)
    process._models.refresh()
    unit = await send_image(submissions, images[0])
    process.classify_image(unit)
    assert (await submissions.read(unit.job_id)).model == newer
    assert (await submissions.read(batch_id)).model == production
    decisions = []
    for number in range(2):
        line = store.get(settings.jobs_bucket, pack_results_key(batch_id, number))
        answer = ItemResult.model_validate_json(line).prediction
        assert answer
        decisions.append(answer.decision.value)
    assert decisions == ["confident", "confident"]


async def test_a_pack_that_killed_its_workers_is_given_up_image_by_image(
    process: InferenceProcess,
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    production: ModelRef,
    redis_client: redis.Redis,
) -> None:
    unit = await send_pack(submissions, batches, store, settings, build_pack([("a.jpg", images[0])] * 3))
    leases = JobLeases(redis_client, settings)
    for _ in range(settings.max_attempts):
        assert leases.claim_pack(unit, production)
        await asyncio.sleep(settings.lease_seconds * 1.2)
    process.classify_pack(unit)
    job = await submissions.read(unit.job_id)
    assert job.state is JobState.SUCCEEDED
    assert job.progress
    assert (job.progress.done, job.progress.failed) == (3, 3)
    line = store.get(settings.jobs_bucket, pack_results_key(unit.job_id, 0)).splitlines()[0]
    error = ItemResult.model_validate_json(line).error
    assert error
    assert (error.code, "after 2 attempts" in error.detail) == ("worker-lost", True)


async def test_a_store_that_is_down_postpones_a_pack_at_no_attempt(
    settings: Settings,
    production: ModelRef,
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    images: list[bytes],
    redis_client: redis.Redis,
) -> None:
    del production
    unit = await send_pack(submissions, batches, store, settings, build_pack([("a.jpg", images[0])] * 3))
    cut_off = InferenceProcess(settings.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:9"}))
    cut_off.classify_pack(unit)
    assert redis_client.hget(f"{keys.job(unit.job_id)}:attempts", "0") == b"0"
    ends = redis_client.zscore(keys.LEASES, str(unit))
    assert ends
    assert ends - float(redis_client.time()[0]) > 2
    assert (await submissions.read(unit.job_id)).state is JobState.RUNNING


@pytest.fixture
def open_source(submissions: JobSubmissions, store: ObjectStore, settings: Settings) -> Callable[..., Awaitable[Unit]]:
    """Accept a batch from the objects of a prefix of its own."""

    async def run(objects: dict[str, bytes]) -> Unit:
        root = f"process/{uuid.uuid4().hex}/"
        for name, body in objects.items():
            store.put(settings.images_bucket, root + name, body)
        source = PrefixSource(uri=f"s3://{settings.images_bucket}/{root}")
        return Unit((await submissions.submit(JobKind.BATCH, fields={"source": source.model_dump_json()})).job_id)

    return run


def results_of(store: ObjectStore, settings: Settings, batch_id: str) -> list[ItemResult]:
    lines = store.get(settings.jobs_bucket, pack_results_key(batch_id, 0)).splitlines()
    return [ItemResult.model_validate_json(line) for line in lines]


async def test_a_batch_is_filled_and_answered_by_the_version_that_takes_its_first_pack(
    process: InferenceProcess,
    submissions: JobSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    production: ModelRef,
    open_source: Callable[..., Awaitable[Unit]],
) -> None:
    unit = await open_source({"a.jpg": images[0], "bad.jpg": b"text", "c.jpg": images[1]})
    process.fill_batch(unit)
    process.fill_batch(unit)
    filled = await submissions.read(unit.job_id)
    assert (filled.state, filled.sealed, filled.model) == (JobState.RUNNING, True, None)
    process.classify_pack(Unit(unit.job_id, 0))
    job = await submissions.read(unit.job_id)
    assert (job.state, job.model) == (JobState.SUCCEEDED, production)
    items = results_of(store, settings, unit.job_id)
    assert [(item.item, item.error and item.error.code) for item in items] == [
        ("a.jpg", None),
        ("bad.jpg", "unsupported-type"),
        ("c.jpg", None),
    ]


async def test_a_pack_of_references_that_killed_its_workers_is_given_up_without_a_fetch(
    process: InferenceProcess,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    production: ModelRef,
    redis_client: redis.Redis,
    open_source: Callable[..., Awaitable[Unit]],
) -> None:
    unit = await open_source({"a.jpg": images[0], "b.jpg": images[1]})
    process.fill_batch(unit)
    for _ in range(settings.max_attempts):
        assert JobLeases(redis_client, settings).claim_pack(Unit(unit.job_id, 0), production)
        redis_client.zadd(keys.LEASES, {f"{unit.job_id}/0": 0})
    process.classify_pack(Unit(unit.job_id, 0))
    items = results_of(store, settings, unit.job_id)
    assert [(item.item, item.error and item.error.code) for item in items] == [
        ("a.jpg", "worker-lost"),
        ("b.jpg", "worker-lost"),
    ]


async def test_a_store_that_is_down_postpones_the_filling_at_no_attempt(
    settings: Settings,
    production: ModelRef,
    submissions: JobSubmissions,
    images: list[bytes],
    redis_client: redis.Redis,
    open_source: Callable[..., Awaitable[Unit]],
) -> None:
    del production
    unit = await open_source({"a.jpg": images[0]})
    cut_off = InferenceProcess(settings.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:9"}))
    cut_off.fill_batch(unit)
    assert redis_client.hget(keys.job(unit.job_id), "attempts") == b"0"
    assert redis_client.zscore(keys.LEASES, str(unit))
    assert (await submissions.read(unit.job_id)).state is JobState.RUNNING


async def test_a_fault_of_ours_fails_the_batch_rather_than_the_worker(
    process: InferenceProcess, submissions: JobSubmissions
) -> None:
    unit = Unit((await submissions.submit(JobKind.BATCH, fields={"source": "{}"})).job_id)
    process.fill_batch(unit)
    job = await submissions.read(unit.job_id)
    assert job.error
    assert (job.state, job.error.code) == (JobState.FAILED, "internal")


def test_the_process_is_listed_with_what_it_serves(
    process: InferenceProcess, redis_client: redis.Redis, production: ModelRef
) -> None:
    status = redis_client.hget(keys.WORKERS, worker_name()) or b""
    assert production.digest.encode() in status
    process.stop()
    assert redis_client.hlen(keys.WORKERS) == 0
