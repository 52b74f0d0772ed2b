from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from fake_gateway import FakeGateway
from fake_gateway.answers import make_model
from meadow.client import Check
from meadow.schemas.jobs import Job, JobError, JobKind, JobState, Links, Progress
from meadow.schemas.status import QueueStatus, SystemStatus, WorkerStatus

OpenPage = Callable[[str], AppTest]


def text(page: AppTest) -> str:
    return "\n".join(str(part.value) for part in page.html)


def job(number: int, **fields: object) -> Job:
    known = {"kind": JobKind.CLASSIFICATION, "state": JobState.QUEUED, "links": Links(self="", cancel="")}
    return Job.model_validate({"id": f"job_{number:08}", "created_at": datetime.now(UTC), **known, **fields})


def test_queues_workers_and_jobs_are_shown(gateway: FakeGateway, open_page: OpenPage) -> None:
    now = datetime.now(UTC)
    old, new = make_model("9").ref, make_model("10").ref
    gateway.state.status = SystemStatus(
        queues=[
            QueueStatus(name="interactive", depth=0, oldest_age_seconds=None),
            QueueStatus(name="batch", depth=1203, oldest_age_seconds=42),
        ],
        workers=[
            WorkerStatus(worker="w1", engine="openvino", model=new, seen_at=now),
            WorkerStatus(worker="w2", engine="torch", model=old, seen_at=now - timedelta(minutes=5)),
            WorkerStatus(worker="w3", engine="torch", model=None, seen_at=now),
        ],
        inflight_bytes=0,
    )
    progress = Progress(total=5000, done=1280, failed=3)
    error = JobError(code="image-undecodable", detail="")
    gateway.state.jobs = [
        job(1, kind=JobKind.BATCH, state=JobState.RUNNING, progress=progress, name="<spring>"),
        job(2, state=JobState.FAILED, error=error, finished_at=now + timedelta(seconds=4)),
    ]
    page = open_page("queues")
    shown = text(page)
    for expected in ("Single images", ">empty<", "1,203", "oldest waiting for 42 s", "5 min ago"):
        assert expected in shown
    assert shown.count("outdated") == 1
    assert "no model loaded" in shown
    assert "1,280 of 5,000, 3 failed" in shown
    assert "&lt;spring&gt;" in shown
    assert "image-undecodable" in shown
    assert "00000001</code>" in shown


def test_links_point_to_flower_mlflow_and_the_api(gateway: FakeGateway, open_page: OpenPage) -> None:
    links = {link.label: link.url for link in open_page("queues").link_button}
    assert links == {
        "Flower": "http://127.0.0.1:5555",
        "MLflow": "http://127.0.0.1:5000",
        "API": f"{gateway.url}/docs",
    }


def test_unavailable_service_is_named(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.readiness.checks["s3"] = Check(ok=False, detail="connection refused")
    assert "s3: connection refused" in text(open_page("queues"))


@pytest.mark.usefixtures("gateway")
def test_missing_workers_and_jobs_show_notices(open_page: OpenPage) -> None:
    shown = text(open_page("queues"))
    assert "No workers running" in shown
    assert "No jobs yet" in shown


@pytest.mark.usefixtures("no_gateway")
def test_unreachable_gateway_shows_a_notice(open_page: OpenPage) -> None:
    assert "Gateway unreachable" in text(open_page("queues"))


def test_gateway_error_is_quoted(gateway: FakeGateway, open_page: OpenPage) -> None:
    for _ in range(3):
        gateway.reply_problem("unavailable", 503, "Redis does not answer.")
    assert "Redis does not answer." in text(open_page("queues"))
