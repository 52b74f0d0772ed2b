"""The gateway's side of a batch: its packs and its seal."""

from typing import assert_never

from redis.asyncio import Redis

from meadow.schemas.problems import ProblemCode
from meadow.schemas.queues import BATCH_QUEUE
from meadow_core.errors import ProblemError
from meadow_core.jobs import keys
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.scripts import load_script
from meadow_core.jobs.submissions import JobSubmissions, overloaded
from meadow_core.jobs.unit_keys import message_for, unit_keys
from meadow_core.jobs.verdicts import AddPackVerdict, SealVerdict
from meadow_core.settings.jobs import JobSettings

MAX_PACKS = 1_000_000


class BatchSubmissions:
    """Fills and seals batches."""

    def __init__(self, client: Redis, settings: JobSettings, submissions: JobSubmissions) -> None:
        self._redis = client
        self._settings = settings
        self._submissions = submissions
        self._add_pack = client.register_script(load_script("add_pack"))
        self._seal = client.register_script(load_script("seal"))

    async def has_pack(self, batch_id: str, number: int) -> bool:
        """Whether a pack of that number is in already.

        Raises:
            ProblemError: The batch fills itself, so that nobody else may add packs.
        """
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.getbit(keys.packs_added(batch_id), number)
            pipe.hexists(keys.job(batch_id), JobField.SOURCE)
            is_in, has_source = await pipe.execute()
        if has_source:
            raise _sourced(batch_id)
        return bool(is_in)

    async def pack_count(self, batch_id: str) -> int:
        """Return how many packs are in."""
        return int(await self._redis.bitcount(keys.packs_added(batch_id)))

    async def add_pack(self, batch_id: str, number: int, images: int) -> None:
        """Enqueue a pack whose object is stored. Adding the same number again changes nothing.

        Raises:
            ProblemError: No such batch, the batch is sealed or finished, or the queue is full.
        """
        unit = Unit(batch_id, number)
        arguments: list[str | int] = [str(unit), message_for(unit), number, images, self._settings.max_queue_depth]
        verdict = AddPackVerdict((await self._add_pack(unit_keys(unit), arguments)).decode())
        match verdict:
            case AddPackVerdict.ADDED | AddPackVerdict.REPEATED:
                return
            case AddPackVerdict.MISSING:
                raise self._submissions.missing(batch_id)
            case AddPackVerdict.FINISHED:
                raise ProblemError(ProblemCode.JOB_FINISHED, f"Batch {batch_id} is finished.")
            case AddPackVerdict.SEALED:
                raise ProblemError(ProblemCode.BATCH_SEALED, f"Batch {batch_id} is sealed.")
            case AddPackVerdict.SOURCED:
                raise _sourced(batch_id)
            case AddPackVerdict.QUEUE_FULL:
                raise overloaded(BATCH_QUEUE, str(self._settings.max_queue_depth))
            case _:
                assert_never(verdict)

    async def seal(self, batch_id: str, packs: int) -> None:
        """Say that packs 0 to `packs - 1` are the whole batch. Sealing it again alike changes nothing.

        Raises:
            ProblemError: No such batch, a pack is missing, or the batch was sealed with another number.
        """
        reply = await self._seal(unit_keys(Unit(batch_id)), [batch_id, packs])
        verdict = SealVerdict(reply[0].decode())
        match verdict:
            case SealVerdict.SEALED:
                return
            case SealVerdict.MISSING:
                raise self._submissions.missing(batch_id)
            case SealVerdict.FINISHED:
                raise ProblemError(ProblemCode.JOB_FINISHED, f"Batch {batch_id} is finished.")
            case SealVerdict.SOURCED:
                raise _sourced(batch_id)
            case SealVerdict.INCOMPLETE:
                raise ProblemError(
                    ProblemCode.INVALID_REQUEST,
                    f"Pack {reply[1].decode()} of {packs} is not in yet. Add it, then seal the batch.",
                )
            case SealVerdict.CONFLICT:
                raise ProblemError(
                    ProblemCode.BATCH_SEALED, f"Batch {batch_id} has {reply[1].decode()} packs, not {packs}."
                )
            case _:
                assert_never(verdict)


def _sourced(batch_id: str) -> ProblemError:
    return ProblemError(
        ProblemCode.BATCH_SEALED, f"Batch {batch_id} is filled from its source; it takes no packs and no seal."
    )
