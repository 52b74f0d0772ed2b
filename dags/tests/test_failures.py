import json
import logging
from types import SimpleNamespace

import pytest

from meadow_airflow.failures import tell_of_failure
from training_gateway import TrainingGateway

CONTEXT = {
    "task_instance": SimpleNamespace(dag_id="retrain", task_id="train", run_id="manual__1", log_url="http://log"),
    "exception": RuntimeError("no more grass"),
}
LINE = "Meadow: retrain.train failed in run manual__1: no more grass"


def test_it_is_one_line_in_the_log_and_one_call(
    gateway: TrainingGateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_MEADOW_WEBHOOK_URL", f"{gateway.url}/chat")
    gateway.reply({})
    tell_of_failure(CONTEXT)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == [LINE]
    [asked] = gateway.asked
    assert asked.method == "POST"
    told = json.loads(asked.body)
    assert told["text"] == LINE
    assert told["log_url"] == "http://log"


def test_a_webhook_that_is_away_does_not_hide_the_failure(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_MEADOW_WEBHOOK_URL", "http://127.0.0.1:1")
    tell_of_failure(CONTEXT)
    assert "The webhook was not told" in caplog.text
    assert LINE in caplog.text


def test_a_killed_task_has_no_exception(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_MEADOW_WEBHOOK_URL", "")
    tell_of_failure({"task_instance": CONTEXT["task_instance"]})
    assert "it was killed, or timed out" in caplog.text
