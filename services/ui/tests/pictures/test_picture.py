import pytest

from meadow.client import ApiProblem, GatewayUnreachableError
from meadow.client.testing.answers import classify_by_name
from meadow.jobs.model import Job, JobError, JobState
from meadow.problems import Problem
from meadow_ui.pictures.picture import Picture, Stage


def job(state: str, **fields: object) -> Job:
    links = {"self": "", "cancel": ""}
    known = {"id": "j", "kind": "classification", "created_at": "2026-05-04T10:00:00Z", "links": links}
    return Job.model_validate({**known, "state": state, **fields})


def test_a_picture_goes_from_sending_to_done() -> None:
    picture = Picture("a", b"bytes")
    assert picture.stage is Stage.SENDING
    picture.progress(job("queued"))
    assert (picture.stage, picture.prediction) == (Stage.WAITING, None)
    picture.progress(job("running"))
    assert (picture.stage, picture.finished) == (Stage.CLASSIFYING, False)
    picture.progress(job("succeeded", result=classify_by_name(b"", "unsure")))
    assert (picture.stage, picture.finished, picture.unsure) == (Stage.DONE, True, True)
    assert picture.data == b"bytes", "in case that a person says what it shows when the gateway has let it go"


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED, JobState.EXPIRED])
def test_a_job_that_came_to_nothing_has_a_reason_and_can_be_sent_again(state: JobState) -> None:
    picture = Picture("a", b"bytes")
    picture.progress(job(state))
    assert picture.stage is Stage.FAILED
    assert picture.error == JobError(code=state, detail=f"The job was {state}.")
    picture.reset()
    assert (picture.stage, picture.data) == (Stage.SENDING, b"bytes")


def test_the_jobs_own_reason_is_kept() -> None:
    picture = Picture("a", b"")
    picture.progress(job("failed", error={"code": "image-undecodable", "detail": "Cut off."}))
    assert picture.error == JobError(code="image-undecodable", detail="Cut off.")


def test_a_refusal_and_a_silent_gateway_are_told_apart() -> None:
    refused, silent = Picture("a", b""), Picture("b", b"")
    refused.fail(ApiProblem(Problem(type="t", title="Too large", status=413, detail="21 MiB", code="too-large")))
    silent.fail(GatewayUnreachableError("http://here", "no connection"))
    assert refused.error == JobError(code="too-large", detail="21 MiB")
    assert silent.error is not None
    assert silent.error.code == "gateway-unreachable"
