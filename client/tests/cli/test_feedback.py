"""`meadow feedback` and `meadow quality`, against a server that says what it is told to say."""

from collections.abc import Callable, Iterator

import pytest

from fake_gateway import Answer, ScriptedServer
from fake_gateway.server import problem_answer

Meadow = Callable[..., int]
Shown = pytest.CaptureFixture[str]
JOB = {
    "id": "job_1", "kind": "classification", "state": "succeeded", "created_at": "2026-05-04T09:30:00Z",
    "links": {"self": "/v1/jobs/job_1", "cancel": "/v1/jobs/job_1:cancel"},
    "feedback": {"label": "grass", "right": False, "at": "2026-05-04T09:31:00Z"},
}  # fmt: skip
REPORT = {
    "model": {"name": "m", "version": "7", "digest": "d"}, "window_hours": 48, "from": "2026-05-02T09:30:00Z",
    "to": "2026-05-04T09:30:00Z", "verdict": "drift", "reasons": ["The distribution of input is not that of ..."],
    "rule": {"min_images": 100, "max_psi": 0.25, "significance": 1e-3, "min_labels": 30, "max_accuracy_drop": 0.05},
    "images": 1234, "decisions": {"unknown": 200}, "classes": {"grass": 1234},
    "accuracy": {
        "labelled": 40, "right": 36, "share": 0.9, "low": 0.77, "high": 0.96, "reference": 0.91, "verdict": "ok",
    },
    "drift": [{"name": "input", "images": 1234, "psi": 0.61, "p_value": 1e-9, "verdict": "drift"}],
}  # fmt: skip


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        monkeypatch.setenv("MEADOW_API_URL", running.url)
        yield running


def test_feedback_says_whether_the_answer_was_right(server: ScriptedServer, meadow: Meadow, capsys: Shown) -> None:
    server.reply(JOB)
    assert meadow("feedback", "job_1", "grass", "--note", "in bud") == 0
    assert "job_1 shows grass, so its answer was wrong" in capsys.readouterr().out
    assert (server.asked[0].method, server.asked[0].path) == ("PUT", "/v1/jobs/job_1/feedback")
    assert b'"note":"in bud"' in server.asked[0].body


def test_what_the_gateway_refuses_is_told(server: ScriptedServer, meadow: Meadow, capsys: Shown) -> None:
    refusal: Answer = problem_answer("image-gone", 409, "The image of job_1 is not kept any more.")
    server.answers.append(refusal)
    assert meadow("feedback", "job_1", "grass") == 2
    assert "not kept any more" in capsys.readouterr().err


def test_quality_shows_verdict_reasons_and_numbers(server: ScriptedServer, meadow: Meadow, capsys: Shown) -> None:
    server.reply(REPORT)
    assert meadow("quality", "--hours", "48") == 0
    shown = capsys.readouterr().out
    for words in ("drift: version 7, 1,234 images", "The distribution of input", "0.610", "36 of 40", "90.0%", "91.0%"):
        assert words in shown
    assert server.asked[0].query == {"window_hours": ["48"]}


def test_quality_without_a_model_says_so(server: ScriptedServer, meadow: Meadow, capsys: Shown) -> None:
    nothing = {"labelled": 0, "right": 0, "verdict": "too-few"}
    server.reply({**REPORT, "model": None, "verdict": "too-few", "drift": [], "reasons": [], "accuracy": nothing})
    assert meadow("quality") == 0
    shown = capsys.readouterr().out
    assert "too-few: no model" in shown
    assert "Nobody has labelled" in shown
