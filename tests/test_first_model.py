"""The path of a model: data, training, registry, worker, answer, all of it over the running stack."""

import hashlib
import json

import mlflow.onnx
import numpy as np
import onnxruntime
import pytest
from mlflow import MlflowClient

from meadow.schemas.jobs import JobState
from meadow.schemas.models import PRODUCTION_ALIAS
from meadow.schemas.predictions import Prediction
from meadow.schemas.training import TrainingResult
from meadow_core import names
from meadow_core.bundle.manifest import MANIFEST_FILE
from meadow_core.bundle.preprocess import load_pixels
from meadow_core.bundle.scores import probabilities
from meadow_core.registry.cache import ModelCache
from meadow_worker.engines.precision import TOLERANCE, Precision
from trained_stack import TRAINING_PICTURES, TrainedStack

pytestmark = [
    pytest.mark.system,
    pytest.mark.filterwarnings("ignore::FutureWarning:mlflow"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow"),
]


def test_the_first_model_learns_from_a_list_of_addresses(trained: TrainedStack) -> None:
    sources = [entry.source for entry in trained.dataset.entries]
    assert len(sources) == 2 * TRAINING_PICTURES
    assert all(source.startswith("http://127.0.0.1:") for source in sources)


def test_the_first_model_is_promoted_with_its_reason(trained: TrainedStack) -> None:
    job = trained.first_run
    assert job.state is JobState.SUCCEEDED, job.error
    assert isinstance(job.result, TrainingResult)
    assert job.result.decision == "promoted"
    assert job.result.reason
    assert job.progress
    assert job.progress.done == job.progress.total
    current = trained.stack.client.current_model()
    assert current.ref == job.result.model
    assert current.aliases == [PRODUCTION_ALIAS]
    assert sorted(current.classes) == ["dandelion", "grass"]
    assert current.dataset_digest == trained.dataset.digest


def test_the_artefact_that_answers_is_the_one_that_was_trained(trained: TrainedStack) -> None:
    """By digest, from the registry's tag to the worker's disk to the job's record."""
    settings = trained.stack.settings
    client = MlflowClient(tracking_uri=settings.mlflow_tracking_uri)
    registered = client.get_model_version_by_alias(settings.registered_model, PRODUCTION_ALIAS)
    tagged = registered.tags[names.BUNDLE_DIGEST_TAG]
    answered = trained.stack.client.submit_image(trained.picture("grass"), wait=20)
    assert answered.model
    folder = ModelCache(settings.model_cache).path_of(answered.model)
    assert folder
    manifest = (folder / MANIFEST_FILE).read_bytes()
    assert answered.model.digest == tagged == hashlib.sha256(manifest).hexdigest()
    for name, digest in json.loads(manifest)["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_the_registered_model_is_standard_onnx_and_answers_like_the_worker(
    trained: TrainedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = trained.stack.settings
    mlflow.set_tracking_uri(settings.mlflow_tracking_uri)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", settings.mlflow_tracking_uri)
    model = mlflow.onnx.load_model(f"models:/{settings.registered_model}@{PRODUCTION_ALIAS}")
    bundle = trained.bundle()
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    differences: list[float] = []
    for label in ("dandelion", "grass"):
        body = trained.picture(label)
        pixels = load_pixels(body, bundle.preprocessing, max_pixels=settings.max_image_pixels).pixels
        [logits] = session.run(["logits"], {"images": pixels[None]})
        expected = dict(zip(bundle.classes, probabilities(logits, bundle.temperature)[0], strict=True))
        answered = trained.stack.client.submit_image(body, wait=20).result
        assert isinstance(answered, Prediction)
        assert len(answered.scores) == len(expected)
        differences += [abs(score.probability - expected[score.label]) for score in answered.scores]
    # A worker that computes in fewer bits may differ by what its proof of the bundle allows.
    precision = Precision(trained.stack.client.status().workers[0].engine.split()[-1])
    assert np.mean(differences) <= TOLERANCE[precision]


def test_the_run_is_on_record(trained: TrainedStack) -> None:
    assert isinstance(trained.first_run.result, TrainingResult)
    client = MlflowClient(tracking_uri=trained.stack.settings.mlflow_tracking_uri)
    run = client.get_run(trained.first_run.result.run_id)
    assert run.data.params["architecture"] == trained.request.architecture
    assert run.inputs
    assert run.inputs.dataset_inputs
    epochs = [metric for key in run.data.metrics for metric in client.get_metric_history(run.info.run_id, key)]
    assert {metric.step for metric in epochs} >= set(range(1, (trained.request.epochs or 0) + 1))
    figures = [file.path for file in client.list_artifacts(run.info.run_id, "figures")]
    assert any("confusion" in path for path in figures), figures
