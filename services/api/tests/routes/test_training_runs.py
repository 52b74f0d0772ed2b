from pathlib import Path

import httpx

from meadow.schemas.training import TrainingRequest
from meadow.schemas.training_config import TrainingConfig
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.jobs.connection import connect
from meadow_core.jobs.keys import job as job_key
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore

URL = "/v1/training-runs"


def test_a_run_is_accepted_for_the_newest_version(
    gateway: httpx.Client, settings: Settings, store: ObjectStore, lawns: Path
) -> None:
    catalog = DatasetCatalog(store, settings.images_bucket, max_image_pixels=settings.max_image_pixels)
    catalog.publish_folder("lawns", lawns)
    answer = gateway.post(URL, json={"dataset": "lawns"})
    assert answer.status_code == 202
    job = answer.json()
    assert (job["kind"], job["state"], job["name"]) == ("training", "queued", "lawns")
    assert answer.headers["Location"] == job["links"]["self"]


def test_a_version_is_found_by_its_beginning_and_settings_are_kept(
    gateway: httpx.Client, settings: Settings, store: ObjectStore, lawns: Path
) -> None:
    catalog = DatasetCatalog(store, settings.images_bucket, max_image_pixels=settings.max_image_pixels)
    digest = catalog.publish_folder("lawns", lawns).manifest.digest
    asked = {"dataset": "lawns", "dataset_version": digest[:12], "mixup": 0, "class_balance": "none"}
    job_id = gateway.post(URL, json=asked).json()["id"]
    record = connect(settings).hget(job_key(job_id), "request")
    assert isinstance(record, bytes)
    request = TrainingRequest.model_validate_json(record)
    assert request.dataset_version == digest
    assert request.config == TrainingConfig(mixup=0, class_balance="none")


def test_a_setting_that_there_is_not_is_told_at_once(gateway: httpx.Client) -> None:
    answer = gateway.post(URL, json={"dataset": "lawns", "mixupp": 0})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert answer.json()["errors"][0]["location"] == "body.mixupp"


def test_a_data_set_that_is_not_there_is_told_at_once(gateway: httpx.Client) -> None:
    answer = gateway.post(URL, json={"dataset": "nothing"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert "'nothing'" in answer.json()["detail"]


def test_a_request_out_of_range_names_the_field(gateway: httpx.Client) -> None:
    answer = gateway.post(URL, json={"dataset": "x", "image_size": 7})
    assert answer.json()["errors"][0]["location"] == "body.image_size"
