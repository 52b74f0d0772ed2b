from datetime import UTC, datetime

from meadow.schemas.models import ModelRef, RefusedModel
from meadow.schemas.status import SystemStatus, WorkerStatus
from meadow_airflow.roll_out.progress import roll_out_of

NOW = datetime.now(UTC)
OLD, NEW = (ModelRef(name="m", version=version, digest=version) for version in ("1", "2"))


def status(*workers: WorkerStatus) -> SystemStatus:
    return SystemStatus(workers=list(workers), queues=[], inflight_bytes=0)


def worker(model: ModelRef | None, *, refused: RefusedModel | None = None) -> WorkerStatus:
    return WorkerStatus(worker="w", engine="none", model=model, refused=refused, seen_at=NOW)


def refusal(model: ModelRef, reason: str) -> RefusedModel:
    return RefusedModel(model=model, reason=reason, at=NOW)


def test_it_is_done_when_every_worker_serves_the_version() -> None:
    old, new = worker(OLD), worker(NEW)
    assert not roll_out_of(NEW, status(old, new)).done
    assert roll_out_of(NEW, status(old, new)).message == "1 of 2 worker processes serve it."
    assert roll_out_of(NEW, status(new)).done
    assert not roll_out_of(NEW, status(new, worker(None))).done


def test_another_artefact_of_the_same_number_is_not_it() -> None:
    impostor = NEW.model_copy(update={"digest": "other"})
    assert not roll_out_of(NEW, status(worker(impostor))).done


def test_no_workers_at_all_prove_nothing() -> None:
    state = roll_out_of(NEW, status())
    assert not state.done
    assert not state.failed


def test_a_worker_that_refuses_it_ends_the_wait() -> None:
    refusing = worker(OLD, refused=refusal(NEW, "It fails its probe."))
    state = roll_out_of(NEW, status(worker(NEW), refusing))
    assert state.failed
    assert "It fails its probe." in state.message
    earlier = worker(NEW, refused=refusal(OLD, "Long ago."))
    assert roll_out_of(NEW, status(earlier)).done
