"""The worker's side of a job: claim it, keep it alive, give it its answer.

A lease is what makes a job outlive its worker: it ends on its own when heartbeats stop, and the sweeper then sends the
message again. Attempts are numbered, and a result is only taken from the attempt that holds the lease.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import redis

from meadow.schemas.explanations import Explanation
from meadow.schemas.jobs import JobError, JobResult, JobState
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Prediction
from meadow_core.jobs import keys
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.record import pairs_to_record, text
from meadow_core.jobs.scripts import load_script
from meadow_core.jobs.unit_keys import unit_keys
from meadow_core.jobs.verdicts import ClaimPackVerdict, ClaimVerdict
from meadow_core.settings.jobs import JobSettings

_KEEP_NOTHING = (0, 0)
_MIN_PACK_ATTEMPTS = 2
"""A pack has one attempt as a whole and, if that is lost, at least one image by image."""


@dataclass(frozen=True)
class Claim:
    """A unit of work that this process holds for one attempt."""

    unit: Unit
    attempt: int
    record: Mapping[str, str]
    image: bytes = b""
    exhausted: bool = False
    """A pack whose earlier attempts all killed their worker: answer its items as failed, decode nothing."""
    is_retry: bool = False
    """The attempt before was lost: what the unit holds may be what kills its worker."""
    deaths: Mapping[int, int] = field(default_factory=dict)
    """Place of an image in the pack -> how many processes died while they tried it alone."""
    culprits: frozenset[int] = frozenset()
    """Places of the images that had their attempts: fail them, touch them no more."""


class JobLeases:
    """Claims and finishes units of work in Redis. Safe to share between threads."""

    def __init__(
        self, client: redis.Redis, settings: JobSettings, *, on_given_up: Callable[[Unit], None] = lambda _: None
    ) -> None:
        """Work on jobs; `on_given_up` is told of those that a claim fails, because they kill their workers."""
        self._redis = client
        self._on_given_up = on_given_up
        self.lease_seconds = settings.lease_seconds
        self._max_attempts = settings.max_attempts
        self._keep = (settings.feedback_image_seconds * 1000, settings.feedback_image_bytes)
        self._claim = client.register_script(load_script("claim"))
        self._claim_pack = client.register_script(load_script("claim_pack"))
        self._heartbeat = client.register_script(load_script("heartbeat"))
        self._finish = client.register_script(load_script("finish"))
        self._postpone = client.register_script(load_script("postpone"))
        self._postponed_ms = client.register_script(load_script("postponed_ms"))
        self._finish_pack = client.register_script(load_script("finish_pack"))
        self._try_image = client.register_script(load_script("try_image"))
        self._fail_batch = client.register_script(load_script("fail_batch"))

    def claim(self, unit: Unit, model: ModelRef | None = None) -> Claim | None:
        """Take a job and record the model version that will answer it.

        Returns:
            The claim with the job's record; None when there is nothing to do, because the job is finished,
            cancelled, expired, or held by another worker.
        """
        pin: list[str] = _model_fields(model) if model else []
        arguments: list[str | int | float] = [str(unit), self.lease_seconds, self._max_attempts, *pin]
        return self._claimed(unit, self._claim(unit_keys(unit), arguments), None)

    def claim_images(self, units: Sequence[Unit], model: ModelRef) -> list[Claim]:
        """Take several jobs with their images in one round trip; those with nothing to do are left out."""
        # A transaction: no image goes while its job is claimed. A script that returned it would copy it twice more.
        with self._redis.pipeline(transaction=True) as pipe:
            for unit in units:
                arguments: list[str | float] = [
                    str(unit),
                    self.lease_seconds,
                    self._max_attempts,
                    *_model_fields(model),
                ]
                self._claim(unit_keys(unit), arguments, client=pipe)
                pipe.get(keys.image(unit.job_id))
            replies = pipe.execute()
        claims = map(self._claimed, units, replies[::2], replies[1::2])
        return [claim for claim in claims if claim]

    def claim_pack(self, unit: Unit, model: ModelRef) -> Claim | None:
        """Take a pack; `record` names the version that the batch is pinned to, which may not be `model`."""
        arguments: list[str | int | float] = [
            str(unit),
            self.lease_seconds,
            max(self._max_attempts, _MIN_PACK_ATTEMPTS),
            str(unit.pack),
            model.name,
            model.version,
            model.digest,
        ]
        reply = self._claim_pack(unit_keys(unit), arguments)
        verdict = ClaimPackVerdict(text(reply[0]))
        if verdict not in {ClaimPackVerdict.CLAIMED, ClaimPackVerdict.EXHAUSTED}:
            return None
        attempt, deaths = int(reply[1]), {int(place): count for place, count in json.loads(reply[3]).items()}
        # The first attempt, of the whole pack, is one of each image's.
        most = max(self._max_attempts - 1, 1)
        return Claim(
            unit,
            attempt,
            pairs_to_record(reply[2]),
            exhausted=verdict is ClaimPackVerdict.EXHAUSTED,
            is_retry=attempt > 1,
            deaths=deaths,
            culprits=frozenset(place for place, count in deaths.items() if count >= most),
        )

    def heartbeat(self, claim: Claim, fields: Mapping[str, str | int] | None = None) -> bool:
        """Keep the lease, and report progress; False when the work is no longer this attempt's."""
        arguments = [str(claim.unit), claim.attempt, self.lease_seconds, *_flat(fields or {})]
        return bool(self._heartbeat(unit_keys(claim.unit), arguments))

    def succeed(
        self,
        claim: Claim,
        result: JobResult,
        model: ModelRef | None = None,
        explanation: Explanation | None = None,
    ) -> bool:
        """Answer a job; False when it was finished, cancelled or given to another worker meanwhile."""
        fields = [JobField.RESULT, result.model_dump_json(), *(_model_fields(model) if model else [])]
        if explanation is not None:
            fields += [JobField.EXPLANATION, explanation.model_dump_json()]
        return self._end(claim, JobState.SUCCEEDED, fields)

    def fail(self, claim: Claim, error: JobError) -> bool:
        """Fail a job with its reason; False as for `succeed`."""
        return self._end(claim, JobState.FAILED, [JobField.ERROR, error.model_dump_json()])

    def answer_all(self, answers: Sequence[tuple[Claim, Prediction | JobError]]) -> None:
        """Answer several jobs in one round trip, each as `succeed` or `fail` does."""
        with self._redis.pipeline(transaction=False) as pipe:
            for claim, answer in answers:
                good = isinstance(answer, Prediction)
                state, field = (JobState.SUCCEEDED, JobField.RESULT) if good else (JobState.FAILED, JobField.ERROR)
                arguments: list[str | int] = [
                    str(claim.unit),
                    claim.attempt,
                    state.value,
                    *(self._keep if good else _KEEP_NOTHING),
                    field,
                    answer.model_dump_json(),
                ]
                self._finish(unit_keys(claim.unit), arguments, client=pipe)
            pipe.execute()

    def try_image(self, claim: Claim, place: int | None) -> bool:
        """Note which image of a pack is tried alone from now on, or that none is: should the process die, it is blamed.

        Returns:
            False when the pack is no longer this attempt's.
        """
        tried = "" if place is None else place
        arguments: list[str | int] = [str(claim.unit), claim.attempt, str(claim.unit.pack), tried]
        return bool(self._try_image(unit_keys(claim.unit), arguments))

    def finish_pack(self, claim: Claim, *, succeeded: int, failed: int, classes: Mapping[str, str | int]) -> bool:
        """Count a pack whose results are stored; False when it was counted before or the batch has ended."""
        arguments = [str(claim.unit), claim.attempt, str(claim.unit.pack), succeeded, failed, *_flat(classes)]
        return bool(self._finish_pack(unit_keys(claim.unit), arguments))

    def fail_batch(self, claim: Claim, error: JobError) -> bool:
        """Fail a batch because of a claimed pack; False as for `finish_pack`. What other packs gave stays."""
        arguments: list[str | int] = [str(claim.unit), claim.attempt, str(claim.unit.pack), error.model_dump_json()]
        return bool(self._fail_batch(unit_keys(claim.unit), arguments))

    def is_open(self, unit: Unit) -> bool:
        """Whether a job is still to be answered: it is neither finished nor forgotten."""
        state = cast("bytes | None", self._redis.hget(keys.job(unit.job_id), JobField.STATE))
        return state is not None and not JobState(text(state)).is_final

    def postpone(self, claim: Claim, seconds: float) -> bool:
        """Give a unit back for some seconds without counting the attempt, because a part it needs is down."""
        arguments: list[str | float] = [str(claim.unit), claim.attempt, seconds]
        return bool(self._postpone(unit_keys(claim.unit), arguments))

    def postponed_seconds(self, claim: Claim) -> float:
        """Return how long ago a unit was first postponed without having come further since; 0 for one that was not."""
        milliseconds = int(self._postponed_ms(unit_keys(claim.unit), [str(claim.unit)]))
        return milliseconds / 1000

    def _claimed(self, unit: Unit, reply: list[Any], image: bytes | None) -> Claim | None:
        verdict = ClaimVerdict(text(reply[0]))
        if verdict is ClaimVerdict.GIVEN_UP:
            self._on_given_up(unit)
        if verdict is not ClaimVerdict.CLAIMED:
            return None
        attempt, record = int(reply[1]), pairs_to_record(reply[2])
        return Claim(unit, attempt, record, image or b"", is_retry=attempt - int(record.get(JobField.FORGIVEN, 0)) > 1)

    def _end(self, claim: Claim, state: JobState, fields: list[str]) -> bool:
        keep = self._keep if state is JobState.SUCCEEDED else _KEEP_NOTHING
        arguments: list[str | int] = [str(claim.unit), claim.attempt, state.value, *keep, *fields]
        return bool(self._finish(unit_keys(claim.unit), arguments))


def _flat(fields: Mapping[str, str | int]) -> list[str | int]:
    return [part for pair in fields.items() for part in pair]


def _model_fields(model: ModelRef) -> list[str]:
    return [JobField.MODEL_NAME, model.name, JobField.MODEL_VERSION, model.version, JobField.MODEL_DIGEST, model.digest]
