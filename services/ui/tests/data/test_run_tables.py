from datetime import timedelta

from meadow.client.testing.answers import make_model
from meadow.client.testing.state import make_job
from meadow.ingestion import IngestResult
from meadow.jobs.model import Job, JobKind
from meadow.registry.model import GateDecision
from meadow.training import TrainingResult
from meadow_ui.data.remarks import MOST_REMARKS, remarks
from meadow_ui.data.run_tables import ingestion_table, training_table


def trained(**changes: object) -> Job:
    result = TrainingResult(
        run_id="r",
        run_url="http://mlflow/#/runs/1",
        model=make_model("7").ref,
        holdout_accuracy=0.941,
        gain=-0.012,
        decision=GateDecision.REFUSED,
        reason="Worse on <grass>.",
    ).model_copy(update=changes)
    job = Job.model_validate(make_job("run_1", kind=JobKind.TRAINING, name="lawns", cause="drift", state="succeeded"))
    ended = job.created_at + timedelta(minutes=12)
    return job.model_copy(update={"result": result, "finished_at": ended})


def test_a_run_tells_its_cause_its_decision_and_the_reason() -> None:
    shown = training_table([trained()])
    for expected in ("drift", "94.1 %", "-1.2 points", 'class="badge bad">refused: version 7', "12 min"):
        assert expected in shown
    assert "Worse on &lt;grass&gt;." in shown
    assert 'href="http://mlflow/#/runs/1"' in shown


def test_only_web_pages_are_linked() -> None:
    shown = training_table([trained(run_url="javascript:alert('x')")])
    assert "href" not in shown
    assert "javascript:alert(&#x27;x&#x27;)" in shown


def test_a_run_that_failed_says_why() -> None:
    error = {"code": "training-failed", "detail": "No <images>."}
    failed = Job.model_validate(make_job("run_2", kind=JobKind.TRAINING, name="x", state="failed", error=error))
    assert "No &lt;images&gt;." in training_table([failed])


def test_an_ingestion_tells_what_it_changed() -> None:
    result = IngestResult(
        dataset="lawns",
        version="ab",
        changed=True,
        images=1204,
        classes={"grass": 1204},
        added=31,
        removed=0,
        relabelled=2,
        rejected={"duplicate": 3, "undecodable": 0},
        passed_over={".txt": 2, "broken link": 1},
        notes=["Class <moss> has a single image."],
        report="",
    )
    job = Job.model_validate(make_job("ingest_1", kind=JobKind.INGEST, name="lawns", state="succeeded"))
    shown = ingestion_table([job.model_copy(update={"result": result})])
    for expected in (
        "1,204",
        "31 added, 2 relabelled",
        "3 duplicate",
        "Passed over: 2 .txt, 1 broken link.",
        "&lt;moss&gt;",
    ):
        assert expected in shown
    assert "undecodable" not in shown
    same = result.model_copy(update={"changed": False})
    assert "nothing new" in ingestion_table([job.model_copy(update={"result": same})])


def test_where_there_is_much_to_tell_the_rest_is_counted() -> None:
    told = remarks({}, [f"Note {number}." for number in range(20)])
    assert (told[0], told[-1]) == ("Note 0.", "And 12 more; see the report.")
    assert len(told) == MOST_REMARKS + 1
    assert remarks({}, []) == []
