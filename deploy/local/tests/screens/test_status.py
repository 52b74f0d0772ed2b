import io
from collections.abc import Callable, Iterator

import pytest
from rich.console import Console

from meadow.client.testing import FakeGateway
from meadow.client.testing.answers import make_model
from meadow.status import QueueStatus
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
