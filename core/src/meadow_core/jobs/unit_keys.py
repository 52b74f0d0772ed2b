"""A unit of work: its kind, its queue, its message, and the keys that every script on it takes."""

from meadow.schemas.jobs import JobKind
from meadow_core.jobs import keys
from meadow_core.jobs.ids import PREFIXES
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.record import QUEUE_OF_KIND
from meadow_core.jobs.scripts import UnitKeys
from meadow_core.names import CLASSIFY_IMAGE_TASK, CLASSIFY_PACK_TASK, FILL_BATCH_TASK, INGEST_TASK, TRAIN_TASK
from meadow_core.queueing.envelope import build_envelope

_KIND_OF_PREFIX = {prefix: kind for kind, prefix in PREFIXES.items()}
_TASK_OF_KIND = {
    JobKind.CLASSIFICATION: CLASSIFY_IMAGE_TASK,
    JobKind.BATCH: FILL_BATCH_TASK,
    JobKind.TRAINING: TRAIN_TASK,
    JobKind.INGEST: INGEST_TASK,
}


def kind_of(job_id: str) -> JobKind:
    """Tell a job's kind from its id.

    Raises:
        KeyError: The id has none of our prefixes.
    """
    return _KIND_OF_PREFIX[job_id.partition("_")[0]]


def queue_of(unit: Unit) -> str:
    """Name the queue that the unit's message goes to."""
    return QUEUE_OF_KIND[kind_of(unit.job_id)]


def unit_keys(unit: Unit) -> UnitKeys:
    """Return the keys that every script on the unit takes first."""
    queue = queue_of(unit)
    return UnitKeys(
        job=keys.job(unit.job_id),
        image=keys.image(unit.job_id),
        leases=keys.LEASES,
        waiting=keys.waiting(queue),
        inflight=keys.INFLIGHT_BYTES,
        queue=queue,
        channel=keys.FINISHED_CHANNEL,
        webhooks=keys.WEBHOOKS,
        kept=keys.KEPT_IMAGES,
        kept_bytes=keys.KEPT_BYTES,
    )


def message_for(unit: Unit) -> str:
    """Build the message that hands the unit to a worker: a reference, never an image."""
    task = _TASK_OF_KIND[kind_of(unit.job_id)] if unit.pack is None else CLASSIFY_PACK_TASK
    return build_envelope(task=task, task_id=str(unit), queue=queue_of(unit))
