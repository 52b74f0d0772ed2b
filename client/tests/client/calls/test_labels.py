import json

import pytest

from fake_gateway import Answer, ScriptedServer
from meadow.client import ApiProblem, Client


def test_feedback_goes_to_its_job(server: ScriptedServer, client: Client) -> None:
    said = {"label": "daisy", "right": False, "at": "2026-05-04T10:00:00Z"}
    server.reply_job("succeeded", feedback=said)
    job = client.give_feedback("job_1", "daisy", new_class=True)
    assert job.feedback is not None
    assert job.feedback.label == "daisy"
    asked = server.asked[0]
    assert (asked.method, asked.path) == ("PUT", "/v1/jobs/job_1/feedback")
    assert json.loads(asked.body) == {"label": "daisy", "new_class": True, "note": ""}


def test_uncertain_answers_are_paged_seen_and_forgotten(server: ScriptedServer, client: Client) -> None:
    server.reply({"items": [], "total": 7, "next_page_token": "5"})
    server.answers += [Answer(content=b"bytes"), Answer(204)]
    assert client.reviews(page_size=5, page_token="0").total == 7
    assert client.review_image("ab") == b"bytes"
    client.forget_review("ab")
    assert server.asked[0].query == {"page_size": ["5"], "page_token": ["0"]}
    assert [(asked.method, asked.path) for asked in server.asked[1:]] == [
        ("GET", "/v1/reviews/ab/image"),
        ("DELETE", "/v1/reviews/ab"),
    ]


def test_a_label_that_is_refused_says_why(server: ScriptedServer, client: Client) -> None:
    server.reply_problem("unknown-label", 422, "'daisy' is no class.")
    with pytest.raises(ApiProblem, match="'daisy' is no class"):
        client.label_review("ab", "daisy")
    assert json.loads(server.asked[0].body)["label"] == "daisy"
