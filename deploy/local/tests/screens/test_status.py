import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from rich.console import Console

from fake_gateway import FakeGateway
from fake_gateway.answers import make_model
from meadow.schemas.models import RefusedModel
from meadow.schemas.status import QueueStatus, WorkerStatus
from meadow_local.parts import Part
from meadow_local.screens.status import show_system, status_table
from meadow_local.settings import LocalSettings
from meadow_local.status import PartState, PartStatus


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as running:
        yield running


def system(gateway_url: str) -> str:
    console = Console(file=io.StringIO(), width=200)
    show_system(console, LocalSettings.model_validate({"api_url": gateway_url}))
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_the_table_tells_state_and_place(make_part: Callable[..., Part], settings: LocalSettings) -> None:
    rows = [
        PartStatus(make_part("api", page=lambda s: s.api_url), PartState.READY, "", 42, 3661, 10 * 1024**2),
        PartStatus(make_part("ui"), PartState.NOT_READY, "waits for [spring]", 43, 1, 1024**2),
        PartStatus(make_part("s3"), PartState.STOPPED),
    ]
    console = Console(file=io.StringIO(), width=120)
    console.print(status_table(rows, settings))
    shown = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert shown[1].split() == ["api", "ready", "42", "1:01:01", "10", "MiB", settings.api_url]
    assert "waits for [spring]" in shown[2]
    assert shown[3].split() == ["s3", "stopped"]


def test_the_model_and_the_queues_come_from_the_gateway(gateway: FakeGateway) -> None:
    gateway.state.model = make_model()
    gateway.state.status.queues.extend(
        [
            QueueStatus(name="interactive", depth=0, oldest_age_seconds=None),
            QueueStatus(name="batch", depth=7, oldest_age_seconds=12.3),
        ]
    )
    shown = system(gateway.url)
    assert "meadow-classifier version 3 (resnet18, 93.1% on the hold-out): dandelion, grass" in shown
    assert "interactive 0, batch 7 (oldest 12 s)" in shown


def test_no_model_yet_is_no_fault(gateway: FakeGateway) -> None:
    assert "none in production yet" in system(gateway.url)


def test_a_silent_gateway_is_said_to_be(free_port: Callable[[], int]) -> None:
    assert "does not answer" in system(f"http://127.0.0.1:{free_port()}")


def test_what_the_workers_serve_and_refuse_is_said(gateway: FakeGateway) -> None:
    assert "none is up" in system(gateway.url)
    old, bad = make_model("3"), make_model("4")
    now = datetime.now(UTC)
    gateway.state.model = bad
    refused = RefusedModel(model=bad.ref, reason="It fails its [warm-up].", at=now)
    for name in ("w1", "w2"):
        gateway.state.status.workers.append(
            WorkerStatus(worker=name, engine="openvino", model=old.ref, refused=refused, seen_at=now)
        )
    shown = system(gateway.url)
    assert "2 on version 3 (2 not on version 4, which is in production)" in shown
    assert "version 4 by 2 worker process(es)" in shown
    assert "It fails its [warm-up]. Version 3 keeps serving." in shown
    gateway.state.status.workers[:] = [WorkerStatus(worker="w1", engine="openvino", model=bad.ref, seen_at=now)]
    shown = system(gateway.url)
    assert "1 on version 4" in shown
    assert "Refused" not in shown
