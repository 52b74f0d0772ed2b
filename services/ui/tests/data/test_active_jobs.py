import pytest

from fake_gateway.state import make_job
from meadow.schemas.jobs import Job
from meadow_ui.data.active_jobs import progress


def job(kind: str, **fields: object) -> Job:
    return Job.model_validate(make_job("j", kind=kind, name="<lawns>", **fields))


def test_queued_job_has_an_empty_bar() -> None:
    shown = progress(job("training"))
    assert "Training on <b>&lt;lawns&gt;</b>" in shown
    assert "width:0.0%" in shown
    assert "requested just now" in shown


@pytest.mark.parametrize("total", [400, None])
def test_running_job_shows_its_progress(total: int | None) -> None:
    found = {"total": total, "done": 100, "failed": 3, "eta_seconds": 42, "message": "<b>x"}
    shown = progress(job("ingest", state="running", progress=found))
    assert (
        f"100{' of 400' if total else ''} images &middot; 3 rejected &middot; about 42 s remaining &middot; &lt;b&gt;x"
        in shown
    )
    assert f"width:{25.0 if total else 0.0}%" in shown
