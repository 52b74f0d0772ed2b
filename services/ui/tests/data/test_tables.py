from datetime import UTC, datetime, timedelta

from fake_gateway.answers import make_model
from fake_gateway.state import make_job
from meadow.schemas.dataset_summary import ClassCounts, SourceCounts, VersionSummary
from meadow.schemas.datasets import DatasetDetail
from meadow.schemas.ingestion import IngestResult
from meadow.schemas.jobs import Job, JobKind
from meadow.schemas.models import GateDecision
from meadow.schemas.training import TrainingResult
from meadow_ui.data.tables import (
    MOST_CLASSES,
    MOST_REMARKS,
    classes_table,
    ingestion_table,
    overview,
    remarks,
    training_table,
    versions_table,
)


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


def test_run_shows_trigger_decision_and_reason() -> None:
    shown = training_table([trained()])
    for expected in ("drift", "94.1 %", "-1.2 points", 'class="badge bad">refused: version 7', "12 min"):
        assert expected in shown
    assert "Worse on &lt;grass&gt;." in shown
    assert 'href="http://mlflow/#/runs/1"' in shown


def test_run_url_is_linked_only_if_it_is_a_web_page() -> None:
    shown = training_table([trained(run_url="javascript:alert('x')")])
    assert "href" not in shown
    assert "javascript:alert(&#x27;x&#x27;)" in shown


def test_failed_run_shows_its_error() -> None:
    error = {"code": "training-failed", "detail": "No <images>."}
    failed = Job.model_validate(make_job("run_2", kind=JobKind.TRAINING, name="x", state="failed", error=error))
    assert "No &lt;images&gt;." in training_table([failed])


def test_ingestion_shows_its_changes() -> None:
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
    assert "no changes" in ingestion_table([job.model_copy(update={"result": same})])


def test_remarks_beyond_the_limit_are_counted() -> None:
    told = remarks({}, [f"Note {number}." for number in range(20)])
    assert (told[0], told[-1]) == ("Note 0.", "12 more in the report.")
    assert len(told) == MOST_REMARKS + 1
    assert remarks({}, []) == []


def version(digest: str, **fields: object) -> VersionSummary:
    classes = {"grass": ClassCounts(train=8, holdout=2, corrected=1), "<b>moss": ClassCounts(train=30, holdout=9)}
    known = {"name": "lawns", "digest": digest * 32, "created_at": datetime.now(UTC) - timedelta(hours=3)}
    return VersionSummary.model_validate({**known, "classes": classes, **fields})


def test_classes_are_ordered_by_size_with_human_labels() -> None:
    shown = classes_table(version("ab"))
    assert shown.index("&lt;b&gt;moss") < shown.index("grass")
    assert '<td data-name="Labelled by people">1</td>' in shown
    assert '<td data-name="Hold-out">9</td>' in shown


def test_remarks_on_the_ingestion_are_shown() -> None:
    sources = [SourceCounts(title="folder", named=3, passed_over={".heic": 5}), SourceCounts(title="zip", named=1)]
    shown = classes_table(version("ab", sources=sources, notes=["Class <b>moss has one image."]))
    assert "Passed over: 5 .heic." in shown
    assert "Class &lt;b&gt;moss has one image." in shown


def test_classes_beyond_the_limit_are_counted() -> None:
    many = {f"c{number}": ClassCounts(train=number) for number in range(MOST_CLASSES + 7)}
    shown = classes_table(version("ab", classes=many))
    assert shown.count("<tr>") == MOST_CLASSES + 1
    assert "7 smaller classes not shown" in shown
    assert "<strong>c0</strong>" not in shown


def test_version_shows_its_sources() -> None:
    sources = [SourceCounts(title="folder <b>", named=12, rejected=2)]
    newer = version("cd", added_to="ab" * 32, sources=sources, rejections={"duplicate": 2})
    shown = versions_table([newer, version("ab")], newer.digest)
    assert shown.count("latest") == 1
    assert "version <code" in shown
    assert "folder &lt;b&gt;" in shown
    assert '<td data-name="Rejected">2</td>' in shown


def test_overview_shows_the_latest_version() -> None:
    newest = version("ab")
    shown = overview(DatasetDetail(**newest.model_dump(), versions=[newest, newest]))
    for expected in ("<strong>49</strong>", "<strong>2</strong>", "<strong>1</strong>", "3 h ago, 2 in total"):
        assert expected in shown
