"""The gateway's side of a job: accept it, read it, end it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from redis.asyncio import Redis

from meadow.schemas.jobs import Job, JobKind, JobPage, JobState
from meadow.schemas.problems import ProblemCode
from meadow_core.errors import ProblemError
from meadow_core.jobs import keys
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.ids import PREFIXES, JobIds
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.record import QUEUE_OF_KIND, decode_hash, text, to_job
from meadow_core.jobs.scripts import load_script
from meadow_core.jobs.unit_keys import message_for, unit_keys
from meadow_core.jobs.verdicts import CancelVerdict, SubmitVerdict
from meadow_core.log_context import REQUEST_ID, current_log_context
from meadow_core.page_tokens import parse_places
from meadow_core.settings.jobs import JobSettings
from meadow_core.tracing import carried

RETRY_AFTER_OVERLOAD_SECONDS = 2
SENT_AHEAD_BYTES = 256 * 1024
"""From this size on an image goes to Redis by itself, ahead of its job: a script's arguments are copied three times."""
SENT_AHEAD_SECONDS = 60
"""An image whose job does not follow, because the gateway died in between, is gone after this time."""
IDS_A_PAGE = 5_000
"""How many ids are looked at for a page of jobs of one kind."""


@dataclass(frozen=True)
class IdempotencyKey:
    """A client's key for a request, the caller it belongs to, and what the request was."""

    key: str
    caller: str
    fingerprint: str

    @property
    def redis_key(self) -> str:
        """Where the first use is remembered."""
        return keys.idempotency(hashlib.sha256(f"{self.caller}\n{self.key}".encode()).hexdigest())


@dataclass(frozen=True)
class Accepted:
    """A job's id, and whether an earlier request with the same idempotency key had made it."""

    job_id: str
    replayed: bool


class JobSubmissions:
    """Accepts jobs into Redis, each in one atomic step."""

    def __init__(self, client: Redis, settings: JobSettings, ids: JobIds) -> None:
        self._redis = client
        self._settings = settings
        self._ids = ids
        self._submit = client.register_script(load_script("submit"))
        self._cancel = client.register_script(load_script("cancel"))

    async def submit(
        self,
        kind: JobKind,
        *,
        image: bytes = b"",
        fields: Mapping[str, str | int] | None = None,
        idempotency: IdempotencyKey | None = None,
    ) -> Accepted:
        """Accept a job: its record, its image and its message, or nothing that stays.

        A batch without a `source` is opened without a message; its packs bring their own.

        Raises:
            ProblemError: The queue or the in-flight bytes are at their limit, or the idempotency key was used for
                another request.
        """
        settings = self._settings
        unit = Unit(self._ids.new(kind))
        is_classification = kind is JobKind.CLASSIFICATION
        retention = settings.job_retention_seconds if is_classification else settings.batch_retention_seconds
        record: dict[str, str | int] = {
            JobField.KIND: kind.value,
            JobField.RETENTION_MS: retention * 1000,
            **(fields or {}),
        }
        if is_classification:
            record[JobField.DEADLINE_MS] = settings.job_deadline_seconds * 1000
        record |= _origin()
        flat: list[str | int] = [part for pair in record.items() for part in pair]
        bytes_of_image = len(image)
        if bytes_of_image >= SENT_AHEAD_BYTES:
            await self._redis.set(keys.image(unit.job_id), image, ex=SENT_AHEAD_SECONDS)
            image = b""
        reply = await self._submit(
            [*unit_keys(unit), keys.JOB_INDEX, idempotency.redis_key if idempotency else keys.idempotency("none")],
            [
                unit.job_id,
                "" if kind is JobKind.BATCH and JobField.SOURCE not in record else message_for(unit),
                image,
                bytes_of_image,
                settings.max_queue_depth,
                settings.max_inflight_bytes,
                idempotency.fingerprint if idempotency else "",
                settings.idempotency_seconds * 1000,
                *flat,
            ],
        )
        verdict, value = SubmitVerdict(reply[0].decode()), reply[1].decode()
        match verdict:
            case SubmitVerdict.ACCEPTED | SubmitVerdict.REPLAYED:
                return Accepted(value, replayed=verdict is SubmitVerdict.REPLAYED)
            case SubmitVerdict.CONFLICT:
                raise _reused(value)
            case SubmitVerdict.IMAGE_GONE:
                raise overloaded("Redis's speed", f"it took more than {SENT_AHEAD_SECONDS} s to accept an image")
            case SubmitVerdict.QUEUE_FULL:
                raise overloaded(QUEUE_OF_KIND[kind], value)
            case SubmitVerdict.BYTES_FULL:
                raise overloaded("in-flight bytes", value)
            case _:
                assert_never(verdict)

    async def earlier(self, idempotency: IdempotencyKey) -> Accepted | None:
        """Find the job that an earlier request with the same key has made, if any.

        Raises:
            ProblemError: The key was used for another request.
        """
        seen = await self._redis.hmget(idempotency.redis_key, ["fingerprint", "job"])
        if seen[0] is None:
            return None
        if text(seen[0]) != idempotency.fingerprint:
            raise _reused(text(seen[1]))
        return Accepted(text(seen[1]), replayed=True)

    async def read(self, job_id: str) -> Job:
        """Return a job's record.

        Raises:
            ProblemError: The id was never given out (404) or the record is past its retention (410).
        """
        # One that was made up may be the beginning of another key than a record's.
        raw = decode_hash(await self._redis.hgetall(keys.job(job_id))) if self._ids.is_ours(job_id) else {}
        if not raw:
            raise self.missing(job_id)
        classes: dict[str, str] = {}
        if raw["kind"] == JobKind.BATCH:
            classes = decode_hash(await self._redis.hgetall(keys.classes(job_id)))
        return to_job(raw, classes)

    async def cancel(self, job_id: str) -> Job:
        """End a job that is not finished. Cancelling it again is no error.

        Raises:
            ProblemError: Unknown or gone id, or the job has another final state (409).
        """
        if not self._ids.is_ours(job_id):
            raise self.missing(job_id)
        unit = Unit(job_id)
        reply = (await self._cancel(unit_keys(unit), [str(unit), JobState.CANCELLED.value])).decode()
        if reply == CancelVerdict.MISSING:
            raise self.missing(job_id)
        if reply not in {CancelVerdict.DONE, JobState.CANCELLED}:
            raise ProblemError(ProblemCode.JOB_FINISHED, f"Job {job_id} has already {_HAS[JobState(reply)]}.")
        return await self.read(job_id)

    async def page(self, *, size: int, token: str, kind: JobKind | None, state: JobState | None) -> JobPage:
        """Return jobs newest first.

        A page may hold fewer jobs than asked for, even none, while there are more.

        Raises:
            ProblemError: The token is not one that was given out.
        """
        [start] = parse_places(token)
        # An id says of which kind its job is, so that a few batches among many images are found without reading those.
        prefix = f"{PREFIXES[kind]}_" if kind else ""
        asked = IDS_A_PAGE if kind else size
        ids = [text(raw) for raw in await self._redis.zrevrange(keys.JOB_INDEX, start, start + asked - 1)]
        places = [place for place, job_id in enumerate(ids) if job_id.startswith(prefix)][:size]
        jobs = await self._read_all([ids[place] for place in places])
        looked_at = places[-1] + 1 if len(places) == size else len(ids)
        return JobPage(
            jobs=[job for job in jobs if state in {None, job.state}],
            next_page_token=str(start + looked_at) if looked_at == asked or looked_at < len(ids) else "",
        )

    def missing(self, job_id: str) -> ProblemError:
        """Tell an id that was given out and is past its retention from one that never was."""
        if self._ids.is_ours(job_id):
            return ProblemError(ProblemCode.JOB_GONE, f"Job {job_id} is past its retention; its record is deleted.")
        return ProblemError(ProblemCode.NOT_FOUND, f"There is no job {job_id!r}.")

    async def _read_all(self, job_ids: Sequence[str]) -> list[Job]:
        """Read records in one round trip; those that are gone meanwhile are left out."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for job_id in job_ids:
                pipe.hgetall(keys.job(job_id))
                pipe.hgetall(keys.classes(job_id))
            replies = [decode_hash(reply) for reply in await pipe.execute()]
        return [to_job(raw, classes) for raw, classes in zip(replies[::2], replies[1::2], strict=True) if raw]


_HAS = {
    JobState.SUCCEEDED: "succeeded",
    JobState.FAILED: "failed",
    JobState.EXPIRED: "expired",
    JobState.CANCELLED: "been cancelled",
}


def _reused(job_id: str) -> ProblemError:
    return ProblemError(
        ProblemCode.IDEMPOTENCY_KEY_REUSED,
        f"This Idempotency-Key was used for another request, which made {job_id}. Use a new key.",
    )


def overloaded(what: str, value: str) -> ProblemError:
    """Build the 503 that asks a client to come back later."""
    return ProblemError(
        ProblemCode.OVERLOADED,
        f"The limit of {what} is reached ({value}). Try again in {RETRY_AFTER_OVERLOAD_SECONDS} s.",
        retry_after=RETRY_AFTER_OVERLOAD_SECONDS,
    )


def fingerprint(*parts: bytes | str | Mapping[str, object]) -> str:
    """Digest what a request asks for, to tell a repeated request from another one under the same key."""
    digest = hashlib.sha256()
    for part in parts:
        body = part if isinstance(part, bytes) else json.dumps(part, sort_keys=True).encode()
        digest.update(len(body).to_bytes(8, "big") + body)
    return digest.hexdigest()


def _origin() -> dict[str, str]:
    """Say what a job goes back to, for the logs and the traces of whoever works on it."""
    request_id = current_log_context().get(REQUEST_ID)
    return ({REQUEST_ID: request_id} if request_id else {}) | carried()
