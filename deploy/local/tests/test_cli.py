import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from meadow_local import stack as stack_module
from meadow_local.cli import app
from meadow_local.home import Home
from meadow_local.parts import PARTS, Part
from meadow_local.stack import Stack

run = CliRunner().invoke


@pytest.fixture
def toy_parts(monkeypatch: pytest.MonkeyPatch, make_part: Callable[..., Part], home: Home) -> Iterator[None]:
    """Commands work on a stack of one part that only sleeps."""
    toy = make_part("toy", page=lambda settings: settings.api_url)
    monkeypatch.setattr(stack_module.Stack.__init__, "__defaults__", ((toy,),))
    yield
    Stack(home).stop()


def test_help_names_every_command() -> None:
    shown = run(app, ["--help"]).stdout
    for command in ("up", "down", "status", "logs", "reset", "demo"):
        assert f" {command} " in shown
        assert run(app, [command, "--help"]).exit_code == 0


@pytest.mark.usefixtures("toy_parts")
def test_the_day_of_a_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(app, ["up"])
    assert first.exit_code == 0, first.stdout
    assert "toy is ready" in first.stdout
    monkeypatch.setenv("MEADOW_UI_PORT", "9998")
    again = run(app, ["up"]).stdout
    assert "Already running" in again
    assert "MEADOW_UI_PORT takes effect at the next start" in again
    status = run(app, ["status"])
    assert status.exit_code == 0
    assert "ready" in status.stdout
    assert "Stopped" in run(app, ["down"]).stdout
    assert "Nothing was running" in run(app, ["down"]).stdout
    assert run(app, ["status"]).exit_code == 1


@pytest.mark.usefixtures("toy_parts")
def test_what_cannot_be_added_is_named() -> None:
    done = run(app, ["up", "--with", "grafana"])
    assert done.exit_code == 1
    assert "There is nothing called grafana to add; there is airflow, monitoring." in done.stdout
    assert "airflow" in run(app, ["up", "--help"]).stdout


@pytest.mark.usefixtures("toy_parts")
def test_reset_asks_then_stops_and_deletes(home: Home) -> None:
    run(app, ["up"])
    kept = run(app, ["reset"], input="n\n")
    assert kept.exit_code == 1
    assert "stop the running stack" in kept.stdout
    assert Stack(home).is_running
    assert run(app, ["reset", "--yes"]).exit_code == 0
    assert not home.root.exists()
    assert "There is nothing" in run(app, ["reset"]).stdout


def test_a_taken_port_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("MEADOW_REDIS_PORT", str(port))
        done = run(app, ["up"])
    assert done.exit_code == 1
    assert f"Port {port} of redis is taken" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_part_that_dies_is_shown_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, make_part: Callable[..., Part], home: Home
) -> None:
    mortal = make_part("mortal", "import sys; sys.exit('the well is dry')", steady_seconds=5)
    mortal = Part(**{**vars(mortal), "ready": PARTS[0].ready})
    monkeypatch.setattr(stack_module.Stack.__init__, "__defaults__", ((mortal,),))
    done = run(app, ["up"])
    assert done.exit_code == 1
    assert "mortal died" in done.stdout
    assert "the well is dry" in done.stdout
    assert str(home.log_file("mortal")) in done.stdout
    Stack(home).stop()


def test_status_before_the_first_start_says_what_to_do() -> None:
    done = run(app, ["status"])
    assert done.exit_code == 1
    assert "meadow up" in done.stdout


def test_reset_refuses_a_foreign_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEADOW_HOME", str(tmp_path))
    assert run(app, ["reset", "--yes"]).exit_code == 1
    assert tmp_path.exists()


def test_logs_of_an_unknown_part_are_refused(home: Home) -> None:
    home.log_file("api").write_text("2026-11-23T18:00:01Z hello [not markup]\n")
    assert "hello [not markup]" in run(app, ["logs", "api"]).stdout
    done = run(app, ["logs", "apo"])
    assert done.exit_code == 1
    assert "There is no part apo" in done.stdout
