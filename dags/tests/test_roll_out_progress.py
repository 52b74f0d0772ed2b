from meadow_airflow.gateway.models import ModelRef, RefusedModel, SystemStatus, Worker
from meadow_airflow.roll_out.progress import roll_out_of

OLD, NEW = (ModelRef(name="m", version=version, digest=version) for version in ("1", "2"))


def status(*workers: Worker) -> SystemStatus:
    return SystemStatus(workers=list(workers))


def test_it_is_done_when_every_worker_serves_the_version() -> None:
    old, new = Worker(worker="a", model=OLD), Worker(worker="b", model=NEW)
    assert not roll_out_of(NEW, status(old, new)).done
    assert roll_out_of(NEW, status(old, new)).message == "1 of 2 worker processes serve it."
    assert roll_out_of(NEW, status(new)).done
    assert not roll_out_of(NEW, status(new, Worker(worker="c"))).done


def test_another_artefact_of_the_same_number_is_not_it() -> None:
    impostor = NEW.model_copy(update={"digest": "other"})
    assert not roll_out_of(NEW, status(Worker(worker="a", model=impostor))).done


def test_no_workers_at_all_prove_nothing() -> None:
    state = roll_out_of(NEW, status())
    assert not state.done
    assert not state.failed


def test_a_worker_that_refuses_it_ends_the_wait() -> None:
    refusing = Worker(worker="a", model=OLD, refused=RefusedModel(model=NEW, reason="It fails its probe."))
    state = roll_out_of(NEW, status(Worker(worker="b", model=NEW), refusing))
    assert state.failed
    assert "It fails its probe." in state.message
    earlier = Worker(worker="a", model=NEW, refused=RefusedModel(model=OLD, reason="Long ago."))
    assert roll_out_of(NEW, status(earlier)).done
