from pathlib import Path

import httpx

from meadow.datasets.catalog import DatasetCatalog
from meadow.settings import Settings
from meadow.storage.s3 import ObjectStore

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


def test_a_data_set_that_is_not_there_is_told_at_once(gateway: httpx.Client) -> None:
    answer = gateway.post(URL, json={"dataset": "nothing"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert "'nothing'" in answer.json()["detail"]


def test_a_request_out_of_range_names_the_field(gateway: httpx.Client) -> None:
    answer = gateway.post(URL, json={"dataset": "x", "image_size": 7})
    assert answer.json()["errors"][0]["location"] == "body.image_size"
