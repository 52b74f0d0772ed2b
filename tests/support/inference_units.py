"""Units of work for an inference process, and what became of them."""

from meadow.schemas.items import ItemResult
from meadow.schemas.jobs import JobKind
from meadow_core.jobs.batches import BatchSubmissions
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.settings import Settings
from meadow_core.storage.layout import pack_key, pack_results_key
from meadow_core.storage.s3 import ObjectStore


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


def results_of(store: ObjectStore, settings: Settings, batch_id: str) -> list[ItemResult]:
    lines = store.get(settings.jobs_bucket, pack_results_key(batch_id, 0)).splitlines()
    return [ItemResult.model_validate_json(line) for line in lines]
