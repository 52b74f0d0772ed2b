import io
import json
import tarfile

import pytest

from both_clients import Side
from fake_gateway import Answer, ScriptedServer
from fake_gateway.answers import make_explanation
from meadow.client import ApiProblem, Client, GatewayUnreachableError, JobPendingError, RetryPolicy
from meadow.schemas.jobs import JobKind, JobState
from meadow.schemas.predictions import Prediction
from meadow.schemas.training import TrainingRequest
from meadow.settings import GatewayAddress

PREDICTION = {
    "label": "dandelion",
    "decision": "confident",
    "scores": [{"label": "dandelion", "probability": 0.9}, {"label": "grass", "probability": 0.1}],
    "width": 275,
    "height": 183,
    "infer_ms": 9.5,
}
MODEL = {
    "ref": {"name": "meadow-classifier", "version": "3", "digest": "abc"},
    "aliases": ["production"],
    "architecture": "resnet18",
    "classes": ["dandelion", "grass"],
    "image_size": 128,
    "dataset_digest": "def",
    "holdout_accuracy": 0.9,
}


def test_an_image_travels_raw_with_its_name_type_and_key(server: ScriptedServer, client: Client) -> None:
    server.reply_job("queued", 202)
    job = client.submit_image(b"\xff\xd8\xff...", name="löwenzahn 1.png", top_k=1)
    asked = server.asked[0]
    assert (job.id, job.state) == ("job_1", JobState.QUEUED)
    assert (asked.method, asked.path, asked.query) == ("POST", "/v1/classifications", {"top_k": ["1"]})
    assert asked.body == b"\xff\xd8\xff..."
    assert asked.headers["Content-Type"] == "image/jpeg", "the bytes say more than the name"
    assert asked.headers["X-Image-Name"] == "l%C3%B6wenzahn%201.png"
    assert asked.headers["Authorization"] == "Bearer key-1"
    assert asked.headers["Idempotency-Key"]
    assert asked.headers["Prefer"] is None


def test_an_explanation_is_asked_for_and_fetched(server: ScriptedServer, client: Client) -> None:
    server.reply_job("queued", 202)
    client.submit_image(b"\xff\xd8\xff...", explain=True)
    assert server.asked[0].query == {"explain": ["true"]}
    server.answers += [Answer(content=b"png"), Answer(content=make_explanation("grass").model_dump_json().encode())]
    assert client.explanation("job_1") == b"png"
    assert client.explanation_map("job_1") == make_explanation("grass")
    assert [asked.path for asked in server.asked[1:]] == ["/v1/jobs/job_1/explanation"] * 2
    assert server.asked[2].query == {"format": ["json"]}


def test_a_submission_that_waits_gets_its_result(server: ScriptedServer, client: Client) -> None:
    server.reply_job("succeeded", 200, result=PREDICTION)
    job = client.submit_image(b"GIF8", idempotency_key="mine", wait=5)
    assert isinstance(job.result, Prediction)
    assert server.asked[0].headers["Prefer"] == "wait=5"
    assert server.asked[0].headers["Idempotency-Key"] == "mine"


def test_waiting_polls_until_the_job_is_final(server: ScriptedServer, client: Client) -> None:
    server.reply_job("queued")
    server.reply_job("running")
    server.reply_job("succeeded", result=PREDICTION)
    assert client.wait("job_1", timeout=10).state is JobState.SUCCEEDED
    assert [asked.headers["Prefer"] for asked in server.asked] == ["wait=9"] * 3
    assert server.asked[0].path == "/v1/jobs/job_1"


def test_waiting_ends_with_the_job_as_it_stands(server: ScriptedServer, client: Client) -> None:
    server.reply_job("running")
    with pytest.raises(JobPendingError, match="job_1 is still running after 0 seconds") as caught:
        client.wait("job_1", timeout=0)
    assert caught.value.job.state is JobState.RUNNING


def test_an_identifier_cannot_leave_its_path(server: ScriptedServer, client: Client) -> None:
    server.reply_job()
    client.job("../status?x")
    assert server.asked[0].path == "/v1/jobs/..%2Fstatus%3Fx"


def test_a_batch_is_opened_filled_and_sealed(server: ScriptedServer, client: Client) -> None:
    for _ in range(3):
        server.reply_job(kind="batch")
    client.open_batch("spring")
    client.add_pack("job_1", 0, [("a/1.jpg", b"one"), ("ä" * 150 + ".jpg", b"two")])
    client.seal_batch("job_1", 1)
    opened, pack, sealed = server.asked
    assert (opened.path, json.loads(opened.body)) == ("/v1/batches", {"name": "spring"})
    assert (pack.method, pack.path) == ("PUT", "/v1/batches/job_1/packs/0")
    assert pack.headers["Content-Type"] == "application/x-tar"
    with tarfile.open(fileobj=io.BytesIO(pack.body)) as tar:
        assert tar.getnames() == ["a/1.jpg", "ä" * 150 + ".jpg"]
    assert (sealed.path, json.loads(sealed.body)) == ("/v1/batches/job_1:seal", {"packs": 1})


def test_results_are_read_page_by_page(server: ScriptedServer, client: Client) -> None:
    failed = {"item": "b", "state": "failed", "error": {"code": "image-undecodable", "detail": "cut off"}}
    server.reply({"items": [{"item": "a", "state": "succeeded", "prediction": PREDICTION}], "next_page_token": "t"})
    server.reply({"items": [failed]})
    assert [result.item for result in client.results("job_1")] == ["a", "b"]
    assert [asked.query for asked in server.asked] == [{}, {"page_token": ["t"]}]


def test_jobs_are_listed_by_kind_and_state(server: ScriptedServer, client: Client) -> None:
    server.reply({"jobs": []})
    assert client.jobs(kind=JobKind.BATCH, state=JobState.RUNNING, page_size=5).jobs == []
    assert server.asked[0].query == {"kind": ["batch"], "state": ["running"], "page_size": ["5"]}


def test_a_job_is_cancelled(server: ScriptedServer, client: Client) -> None:
    server.reply_job("cancelled", 202)
    assert client.cancel("job_1").state is JobState.CANCELLED
    assert (server.asked[0].method, server.asked[0].path) == ("POST", "/v1/jobs/job_1:cancel")


def test_a_training_run_is_submitted_without_what_was_left_open(server: ScriptedServer, client: Client) -> None:
    server.reply_job("queued", 202, kind="training")
    assert client.start_training(TrainingRequest(dataset="demo", epochs=None)).kind is JobKind.TRAINING
    assert json.loads(server.asked[0].body) == {"dataset": "demo"}


def test_the_system_and_its_models_are_described(server: ScriptedServer, client: Client) -> None:
    server.reply(
        {"queues": [{"name": "batch", "depth": 2, "oldest_age_seconds": 1.5}], "workers": [], "inflight_bytes": 0}
    )
    server.reply(MODEL)
    server.reply([MODEL])
    assert client.status().queues[0].depth == 2
    assert client.current_model().ref.version == "3"
    assert [model.architecture for model in client.models()] == ["resnet18"]


def test_not_being_ready_is_an_answer(server: ScriptedServer, client: Client) -> None:
    checks = {"redis": {"ok": True, "detail": ""}, "s3": {"ok": False, "detail": "refused"}}
    server.reply({"status": "unavailable", "checks": checks}, 503, Retry_After="1")
    readiness = client.readiness()
    assert not readiness.ready
    assert readiness.checks["s3"].detail == "refused"


def test_a_problem_is_raised_with_what_it_says(server: ScriptedServer, client: Client) -> None:
    server.reply_problem("job-finished", 409, "The job succeeded 3 s ago.", X_Request_Id="r")
    with pytest.raises(ApiProblem, match="succeeded 3 s ago") as caught:
        client.cancel("job_1")
    assert (caught.value.code, caught.value.status) == ("job-finished", 409)


@pytest.mark.parametrize("status", [200, 502, 599])
def test_another_servers_page_is_told_apart(server: ScriptedServer, client: Client, status: int) -> None:
    server.reply(status=status, raw=b"<h1>Not\n Meadow</h1>")
    with pytest.raises(ApiProblem, match=f"not answer like a Meadow gateway: {status}.*<h1>Not Meadow") as caught:
        client.status()
    assert (caught.value.code, caught.value.status) == ("unexpected-response", status)


def test_a_gateway_that_is_not_there_is_named_with_what_to_do(free_port: int, side: Side) -> None:
    settings = GatewayAddress(api_url=f"http://127.0.0.1:{free_port}/", api_key="k")
    with (
        side.settings_client(settings, retries=RetryPolicy(seconds=0)) as client,
        pytest.raises(GatewayUnreachableError, match=rf"http://127.0.0.1:{free_port} does not answer .*meadow status"),
    ):
        client.status()


def test_a_correction_travels_raw_with_its_label_and_job(server: ScriptedServer, client: Client) -> None:
    kept = {"sha256": "ab", "label": "grass", "job_id": "job_1", "created_at": "2026-05-04T10:00:00Z"}
    server.reply(kept, 201)
    server.reply({"total": 1, "labels": {"grass": 1}, "newest_at": "2026-05-04T10:00:00Z"})
    assert client.correct(b"\xff\xd8\xff...", "grass", job_id="job_1", name="wiese ü.jpg").label == "grass"
    assert client.corrections().labels == {"grass": 1}
    asked = server.asked[0]
    assert (asked.method, asked.path, asked.body) == ("POST", "/v1/corrections", b"\xff\xd8\xff...")
    assert asked.query == {"label": ["grass"], "job_id": ["job_1"]}
    assert asked.headers["X-Image-Name"] == "wiese%20%C3%BC.jpg"
