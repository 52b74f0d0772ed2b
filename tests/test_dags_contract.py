"""The DAGs import nothing of Meadow's; what they know of it all the same is held against it here."""

import importlib.util
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from meadow.schemas.dataset_manifest import DatasetEntry, DatasetManifest
from meadow.schemas.dataset_summary import ClassCounts, VersionSummary
from meadow.schemas.datasets import DatasetDetail
from meadow.schemas.ingestion import IngestRequest, IngestResult
from meadow.schemas.jobs import Job, JobKind, JobState, Links
from meadow.schemas.models import GateDecision, ModelInfo, ModelRef, RefusedModel
from meadow.schemas.quality import LabelledAccuracy, QualityReport, Verdict
from meadow.schemas.split import Split, split_of
from meadow.schemas.status import SystemStatus, WorkerStatus
from meadow.schemas.training import TrainingCause, TrainingRequest, TrainingResult
from meadow_api.routes.datasets import DatasetChanges
from meadow_core.quality.judgement import quality_rule
from meadow_core.settings import Settings
from meadow_core.storage.layout import image_key, manifest_key

PLUGINS = Path(__file__).parents[1] / "dags/plugins/meadow_airflow"
NOW = datetime.now(UTC)
REF = ModelRef(name="m", version="3", digest="d")


def load(path: str) -> Iterator[ModuleType]:
    """One file of the plugins by itself: Airflow, which others of them import, is not installed here."""
    spec = importlib.util.spec_from_file_location(f"meadow_dags_{Path(path).stem}", PLUGINS / path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def models() -> Iterator[ModuleType]:
    yield from load("gateway/models.py")


@pytest.fixture(scope="module")
def holdout() -> Iterator[ModuleType]:
    yield from load("smoke/holdout.py")


def test_jobs_are_read_as_the_gateway_writes_them(models: ModuleType) -> None:
    result = TrainingResult(
        run_id="r", run_url="u", model=REF, holdout_accuracy=0.9, champion_version="2", champion_accuracy=0.8, gain=0.1,
        decision=GateDecision.PROMOTED, reason="Better.",
    )  # fmt: skip
    job = Job(
        id="train_1", kind=JobKind.TRAINING, state=JobState.SUCCEEDED, created_at=NOW, model=REF, result=result,
        cause=TrainingCause.NEW_DATA, links=Links(self="/v1/jobs/train_1", cancel="/v1/jobs/train_1:cancel"),
    )  # fmt: skip
    read = models.Job.model_validate_json(job.model_dump_json())
    assert (read.id, read.is_final, read.cause, read.model.digest) == ("train_1", True, "new-data", "d")
    told = models.TrainingResult.model_validate(read.result)
    assert (told.decision, told.reason, told.model.version) == ("promoted", "Better.", "3")


def test_what_an_ingestion_led_to(models: ModuleType) -> None:
    result = IngestResult(
        dataset="lawns", version="d2", changed=True, images=9, classes={"grass": 9}, added=4, removed=1, relabelled=2,
        rejected={"not-an-image": 1}, report="/v1/datasets/lawns/versions/d2/report",
    )  # fmt: skip
    read = models.IngestResult.model_validate_json(result.model_dump_json())
    assert read.model_dump().items() <= result.model_dump().items()


def test_models_and_workers(models: ModuleType) -> None:
    info = ModelInfo(
        ref=REF, aliases=[], architecture="resnet18", classes=["grass"], image_size=64, dataset_digest="d1",
        holdout_accuracy=None,
    )  # fmt: skip
    assert models.CurrentModel.model_validate_json(info.model_dump_json()).dataset_digest == "d1"
    refused = RefusedModel(model=REF, reason="It fails its probe.", at=NOW)
    worker = WorkerStatus(worker="w", engine="torch", model=None, refused=refused, seen_at=NOW)
    status = SystemStatus(queues=[], workers=[worker], inflight_bytes=0)
    read = models.SystemStatus.model_validate_json(status.model_dump_json())
    assert read.workers[0].refused.reason == "It fails its probe."


def test_data_sets_and_what_changed_in_them(models: ModuleType) -> None:
    version = VersionSummary(name="lawns", digest="d2", created_at=NOW, classes={"grass": ClassCounts(train=3)})
    detail = DatasetDetail(**version.model_dump(), versions=[version])
    assert models.Dataset.model_validate_json(detail.model_dump_json()).digest == "d2"
    changes = DatasetChanges(dataset="lawns", since="d1", version="d2", added=4, removed=1, relabelled=2)
    read = models.Changes.model_validate_json(changes.model_dump_json())
    assert (read.added, read.removed, read.relabelled) == (4, 1, 2)


def test_the_verdict_on_the_quality(models: ModuleType) -> None:
    report = QualityReport(
        model=REF, window_hours=24, since=NOW, until=NOW, verdict=Verdict.DRIFT, reasons=["Half is grass."], images=9,
        rule=quality_rule(Settings()), decisions={}, classes={}, drift=[],
        accuracy=LabelledAccuracy(labelled=0, right=0, verdict=Verdict.TOO_FEW),
    )  # fmt: skip
    read = models.Quality.model_validate_json(report.model_dump_json())
    assert (read.verdict, read.reasons, read.model.version) == ("drift", ["Half is grass."], "3")


def test_the_same_words(models: ModuleType) -> None:
    assert {state.value for state in JobState if state.is_final} == models.FINAL_STATES
    assert {cause.value for cause in TrainingCause} == set(get_args(models.Cause))
    assert {verdict.value for verdict in Verdict} == set(get_args(models.Verdict))
    decisions = models.TrainingResult.model_fields["decision"].annotation
    assert {decision.value for decision in GateDecision} == set(get_args(decisions))


def test_requests_are_taken() -> None:
    TrainingRequest.model_validate(
        {"dataset": "lawns", "dataset_version": "d2", "cause": "drift", "architecture": "resnet18", "image_size": 64,
         "epochs": 3, "seed": 1}
    )  # fmt: skip
    asked = {"name": "lawns", "sources": [{"type": "url_list", "name": "dandelion-grass"}, {"type": "corrections"}]}
    request = IngestRequest.model_validate({**asked, "add": True, "refresh": False, "max_failed": 0.5})
    assert len(request.sources) == 2


def test_hold_out_images_lie_where_meadow_puts_them(holdout: ModuleType) -> None:
    digests = [f"{number:08x}".ljust(64, "0") for number in range(0, 4000, 7)]
    assert [holdout.is_holdout(digest) for digest in digests] == [
        split_of(digest) is Split.HOLDOUT for digest in digests
    ]
    assert holdout.image_key(digests[3]) == image_key(digests[3])
    assert holdout.manifest_key("lawns", "d2") == manifest_key("lawns", "d2")
    moved = {digests[0]: Split.TRAIN, digests[4]: Split.HOLDOUT}
    entries = tuple(
        DatasetEntry(sha256=digest, label="grass", source="s", moved_to=moved.get(digest)) for digest in digests
    )
    manifest = DatasetManifest(name="lawns", created_at=NOW, entries=entries)
    chosen = holdout.pick(manifest.model_dump_json().encode(), 5)
    assert [digest for digest, _ in chosen] == [entry.sha256 for entry in manifest.of_split(Split.HOLDOUT)][:5]
