"""The worker's side of a batch that fills itself from its source."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import redis

from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim
from meadow_core.jobs.scripts import load_script
from meadow_core.jobs.unit_keys import message_for, queue_of, unit_keys
from meadow_core.jobs.verdicts import FillPackVerdict
from meadow_core.settings.jobs import JobSettings


@dataclass(frozen=True)
class SourcePosition:
    """How far the source of a batch is read."""

    cursor: str
    """Where it goes on, for whoever fills the batch then."""
    passed_over: Mapping[str, int]
    """What all of it before the cursor holds beside images."""

    @property
    def counts(self) -> str:
        """What is passed over, as a record keeps it."""
        return json.dumps(self.passed_over) if self.passed_over else ""


class BatchExpansion:
    """Adds packs to a claimed batch, in their order, and seals it."""

    def __init__(self, client: redis.Redis, settings: JobSettings) -> None:
        self._redis = client
        self._max_queue_depth = settings.max_queue_depth
        self._fill_pack = client.register_script(load_script("fill_pack"))
        self._seal_filled = client.register_script(load_script("seal_filled"))
        self._end_turn = client.register_script(load_script("end_turn"))

    def queue_is_full(self, claim: Claim) -> bool:
        """Whether no pack would be taken now."""
        return self._redis.llen(queue_of(claim.unit)) >= self._max_queue_depth

    def add_pack(self, claim: Claim, number: int, images: int, position: SourcePosition) -> FillPackVerdict:
        """Enqueue a pack whose objects are stored.

        Args:
            claim: The batch.
            number: The pack's number, which is how many packs came before it.
            images: How many images it has, those that were rejected among them.
            position: Where the source goes on behind it.
        """
        pack = Unit(claim.unit.job_id, number)
        arguments: list[str | int] = [
            str(claim.unit),
            claim.attempt,
            str(pack),
            message_for(pack),
            number,
            images,
            self._max_queue_depth,
            position.cursor,
            position.counts,
        ]
        return FillPackVerdict(self._fill_pack(unit_keys(claim.unit), arguments).decode())

    def seal(self, claim: Claim, position: SourcePosition) -> bool:
        """Say that the batch is whole and let go of it; False when it is no longer this attempt's."""
        return bool(self._seal_filled(unit_keys(claim.unit), [str(claim.unit), claim.attempt, position.counts]))

    def end_turn(self, claim: Claim, position: SourcePosition) -> bool:
        """Let go of a batch that is not whole yet and line up again; False as for `seal`."""
        message = message_for(claim.unit)
        arguments: list[str | int] = [str(claim.unit), claim.attempt, message, position.cursor, position.counts]
        return bool(self._end_turn(unit_keys(claim.unit), arguments))
