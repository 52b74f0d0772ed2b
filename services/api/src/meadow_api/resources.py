"""What the gateway holds while it runs: connections, stores and the watch on finished jobs."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

from meadow_api.completion_notifier import CompletionNotifier
from meadow_api.metrics import GatewayMetrics
from meadow_api.quality_watch import QualityWatch
from meadow_api.upload_memory import UploadMemory
from meadow_api.webhook_deliveries import deliver_webhooks
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.datasets.corrections import Corrections
from meadow_core.datasets.images import DatasetImages
from meadow_core.datasets.suspects import LabelSuspectLists
from meadow_core.jobs import keys
from meadow_core.jobs.batches import BatchSubmissions
from meadow_core.jobs.connection import connect
from meadow_core.jobs.ids import JobIds
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.quality.feedback_notes import FeedbackNotes
from meadow_core.registry.similar_images import SimilarImageSearch
from meadow_core.registry.versions import ModelRegistry
from meadow_core.review.review_set import ReviewSet
from meadow_core.settings.services import ApiSettings
from meadow_core.storage.s3 import ObjectStore
from meadow_core.webhooks.rules import WebhookRules

SECRET_BYTES = 32
REDIS_CONNECTIONS = 64
STARTUP_RETRY_SECONDS = 1.0
CONCURRENT_IMAGES = 4
"""Images of the largest size in memory at a time, or more smaller ones; further ones wait."""
CONCURRENT_PACKS = 4
"""Packs in memory at a time; further ones wait."""

CONCURRENT_FORMS = 8
"""Forms that come in at a time, each with its images in memory, or a part of its zip. They may take long."""


@dataclass(frozen=True)
class Resources:
    """The gateway's connections."""

    settings: ApiSettings
    redis: Redis
    store: ObjectStore
    registry: ModelRegistry
    datasets: DatasetCatalog
    dataset_images: DatasetImages
    similar_images: SimilarImageSearch
    label_suspects: LabelSuspectLists
    ids: JobIds
    corrections: Corrections
    feedback: FeedbackNotes
    reviews: ReviewSet
    submissions: JobSubmissions
    batches: BatchSubmissions
    finished: CompletionNotifier
    webhooks: WebhookRules
    metrics: GatewayMetrics
    quality: QualityWatch
    upload_memory: UploadMemory
    pack_slots: asyncio.Semaphore
    form_slots: asyncio.Semaphore


@asynccontextmanager
async def open_resources(
    settings: ApiSettings, metrics: GatewayMetrics, webhooks: WebhookRules
) -> AsyncIterator[Resources]:
    """Open the connections; waits for Redis, so that parts may start in any order."""
    # An ordinary pool refuses when more requests than it has connections come at once; this one lets them wait.
    pool = BlockingConnectionPool.from_url(
        settings.redis_url.get_secret_value(),
        max_connections=REDIS_CONNECTIONS,
        timeout=5,
        socket_timeout=5,
        socket_connect_timeout=2,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 2),
        health_check_interval=15,
    )
    redis = Redis.from_pool(pool)
    threads_redis = connect(settings)
    registry = ModelRegistry(settings)
    quality = QualityWatch(redis, registry, settings)
    try:
        ids = JobIds(await _shared_secret(redis))
        store = ObjectStore(settings)
        submissions = JobSubmissions(redis, settings, ids)
        async with CompletionNotifier(settings) as finished, deliver_webhooks(redis, webhooks, metrics):
            datasets = DatasetCatalog(store, settings.images_bucket, max_image_pixels=settings.max_image_pixels)
            yield Resources(
                settings=settings,
                redis=redis,
                store=store,
                registry=registry,
                datasets=datasets,
                dataset_images=DatasetImages(datasets),
                similar_images=SimilarImageSearch(registry),
                label_suspects=LabelSuspectLists(store, settings.images_bucket),
                ids=ids,
                corrections=Corrections(store, settings.images_bucket),
                feedback=FeedbackNotes(redis, settings),
                # Called in threads, as the object store behind it is.
                reviews=ReviewSet(threads_redis, store, settings),
                submissions=submissions,
                batches=BatchSubmissions(redis, settings, submissions),
                finished=finished,
                webhooks=webhooks,
                metrics=metrics,
                quality=quality,
                upload_memory=UploadMemory(CONCURRENT_IMAGES * settings.max_image_bytes),
                pack_slots=asyncio.Semaphore(CONCURRENT_PACKS),
                form_slots=asyncio.Semaphore(CONCURRENT_FORMS),
            )
    finally:
        await quality.close()
        threads_redis.close()
        await redis.aclose()


async def _shared_secret(redis: Redis) -> bytes:
    """Return the secret that marks job ids, the same for every gateway on this Redis; made by the first one."""
    while True:
        try:
            await redis.set(keys.ID_SECRET, os.urandom(SECRET_BYTES), nx=True)
            secret = await redis.get(keys.ID_SECRET)
        except RedisError:
            await asyncio.sleep(STARTUP_RETRY_SECONDS)
            continue
        if isinstance(secret, bytes):
            return secret


# A coroutine, as all dependencies here: FastAPI sends plain functions through its thread pool, request by request.
async def _resources(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


Gateway = Annotated[Resources, Depends(_resources)]
