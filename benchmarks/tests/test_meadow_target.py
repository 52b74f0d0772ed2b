import json

import pytest

from meadow_bench.load.connection import Response
from meadow_bench.load.meadow import submit, submit_and_note_model, submit_and_wait
from meadow_bench.load.target import UnexpectedAnswerError

SCORES = [{"label": "grass", "probability": 0.75}, {"label": "dandelion", "probability": 0.25}]
JOB = {"id": "job-1", "state": "succeeded", "model": {"version": "7"}, "result": {"scores": SCORES}}


def response(status: int, **changes: object) -> Response:
    return Response(status, json.dumps({**JOB, **changes}).encode())


def test_a_finished_job_is_read() -> None:
    assert submit_and_wait(1).read(response(200)) == {"grass": 0.75, "dandelion": 0.25}
    assert submit_and_note_model(1).read(response(200)) == "7"


@pytest.mark.parametrize(
    "answer", [response(202, state="running"), response(200, state="failed"), Response(503, b"{}")]
)
def test_a_job_without_its_result_is_no_answer(answer: Response) -> None:
    with pytest.raises(UnexpectedAnswerError):
        submit_and_wait(1).read(answer)


def test_a_submission_is_only_accepted() -> None:
    assert submit(1).read(response(202)) == "job-1"
    with pytest.raises(UnexpectedAnswerError):
        submit(1).read(response(503))


def test_only_who_waits_says_so() -> None:
    assert b"Prefer: wait=30" in submit_and_wait(1).request(b"x")[0]
    assert b"Prefer" not in submit(1).request(b"x")[0]
