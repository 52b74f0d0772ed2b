"""How far a version has come: rules over the gateway's status, and nothing else."""

from dataclasses import dataclass

from meadow.schemas.models import ModelRef
from meadow.schemas.status import SystemStatus


@dataclass(frozen=True)
class RollOut:
    """Where a roll-out stands."""

    done: bool
    failed: bool
    message: str


def roll_out_of(ref: ModelRef, status: SystemStatus) -> RollOut:
    """Judge by every live worker process: done when all serve the version, failed when one will not."""
    refusing = [worker.refused.reason for worker in status.workers if worker.refused and worker.refused.model == ref]
    if refusing:
        return RollOut(
            done=False, failed=True, message=f"{len(refusing)} of {_count(status)} refused it: {refusing[0]}"
        )
    serving = sum(worker.model == ref for worker in status.workers)
    done = bool(status.workers) and serving == len(status.workers)
    return RollOut(done=done, failed=False, message=f"{serving} of {_count(status)} serve it.")


def _count(status: SystemStatus) -> str:
    return f"{len(status.workers)} worker process{'' if len(status.workers) == 1 else 'es'}"
