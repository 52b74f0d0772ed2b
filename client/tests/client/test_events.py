import json

import pytest

from fake_gateway import ScriptedServer
from meadow.client import ApiProblem, Client, GatewayUnreachableError
from meadow.schemas.jobs import JobState

PATH = "/v1/jobs/batch_1/events"


def job(state: str = "running", done: int = 0, name: str = "lawns") -> dict[str, object]:
    links = {"self": "/v1/jobs/batch_1", "cancel": "/v1/jobs/batch_1:cancel"}
    base = {"id": "batch_1", "kind": "batch", "created_at": "2026-05-04T10:00:00Z", "name": name, "links": links}
    return {**base, "state": state, "progress": {"total": 9, "done": done}}


def event(name: str, data: object, end: str = "\n") -> bytes:
    lines = [f"event: {name}", f"data: {json.dumps(data, ensure_ascii=False)}", "id: 1", "retry: 2000", "", ""]
    return end.join(lines).encode()


def test_a_job_is_followed_to_its_end(client: Client, server: ScriptedServer) -> None:
    parts = [
        event("job", job()),
        b": ping\n\n",
        event("progress", {"total": 9, "done": 4}),
        event("done", job("succeeded", 9)),
    ]
    server.reply(raw=b"".join(parts))
    seen = list(client.events("batch_1"))
    assert [(one.state, one.progress and one.progress.done) for one in seen] == [
        (JobState.RUNNING, 0),
        (JobState.RUNNING, 4),
        (JobState.SUCCEEDED, 9),
    ]
    assert [asked.path for asked in server.asked] == [PATH]


def test_a_finished_job_is_told_once(client: Client, server: ScriptedServer) -> None:
    server.reply(raw=event("job", job("failed")) + event("done", job("failed")))
    assert [one.state for one in client.events("batch_1")] == [JobState.FAILED]


def test_a_stream_that_breaks_off_is_taken_up_again(client: Client, server: ScriptedServer) -> None:
    cut_off = event("progress", {"total": 9, "done": 5})[:-9]
    server.reply(raw=event("job", job(done=2)) + cut_off)
    server.hang_up()
    server.reply_problem("unavailable", 503, "Redis does not answer.", Retry_After="0")
    server.reply(raw=event("job", job(done=6)) + event("done", job("succeeded", 9)))
    seen = list(client.events("batch_1"))
    assert [one.progress and one.progress.done for one in seen] == [2, 6, 9]
    assert len(server.asked) == 4


def test_separators_of_other_standards_do_not_end_a_line(client: Client, server: ScriptedServer) -> None:
    name = "a\u2028b\x85c\x0bd"
    server.reply(raw=event("done", job("succeeded", name=name), end="\r\n"))
    assert [one.name for one in client.events("batch_1")] == [name]


def test_events_of_a_newer_gateway_are_passed_over(client: Client, server: ScriptedServer) -> None:
    server.reply(raw=event("mood", "sunny") + event("job", job()) + event("mood", 1) + event("done", job("succeeded")))
    assert len(list(client.events("batch_1"))) == 2


def test_a_problem_is_raised(client: Client, server: ScriptedServer) -> None:
    server.reply_problem("job-gone", 410, "Job batch_1 is past its retention.")
    with pytest.raises(ApiProblem, match="past its retention"):
        next(client.events("batch_1"))


def test_a_gateway_that_stays_away_is_given_up(client: Client, server: ScriptedServer) -> None:
    for _ in range(400):
        server.hang_up()
    with pytest.raises(GatewayUnreachableError):
        list(client.events("batch_1"))
