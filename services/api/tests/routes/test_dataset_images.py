import hashlib
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from meadow.client import ApiProblem, AsyncClient, Client
from meadow.schemas.split import Split
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.settings import Settings
from meadow_core.storage.layout import image_key
from meadow_core.storage.s3 import ObjectStore

URL = "/v1/datasets/lawns/images"


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return settings.model_copy(update={"images_bucket": f"images-{abs(hash(request.node.nodeid)):x}"})


@pytest.fixture
def catalog(settings: Settings, store: ObjectStore) -> DatasetCatalog:
    store.ensure_bucket(settings.images_bucket)
    return DatasetCatalog(store, settings.images_bucket, max_image_pixels=10_000)


def draw(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def lawns(tmp_path: Path, catalog: DatasetCatalog) -> dict[str, bytes]:
    """A published data set's images, by their digests."""
    for number in range(12):
        draw(tmp_path / "lawns" / ("grass", "dandelion", "clover")[number % 3] / f"{number}.png", number)
    catalog.publish_folder("lawns", tmp_path / "lawns")
    files = [path.read_bytes() for path in (tmp_path / "lawns").rglob("*.png")]
    return {hashlib.sha256(body).hexdigest(): body for body in files}


def test_images_are_listed_in_the_order_of_their_digests_by_the_page(
    gateway: httpx.Client, catalog: DatasetCatalog, lawns: dict[str, bytes]
) -> None:
    manifest = catalog.load("lawns")
    first = gateway.get(URL, params={"page_size": 7}).json()
    rest = gateway.get(URL, params={"page_size": 7, "page_token": first["next_page_token"]}).json()
    images = first["images"] + rest["images"]
    assert (first["name"], first["version"], first["total"]) == ("lawns", manifest.digest, 12)
    assert (len(first["images"]), rest["next_page_token"]) == (7, "")
    assert [image["sha256"] for image in images] == sorted(lawns)
    assert images == [
        {"sha256": one.sha256, "label": one.label, "source": one.source, "split": one.split, "corrected": False}
        for one in sorted(manifest.entries, key=lambda entry: entry.sha256)
    ]


def test_a_label_and_a_split_leave_out_the_others(
    gateway: httpx.Client, catalog: DatasetCatalog, lawns: dict[str, bytes]
) -> None:
    assert lawns
    wanted = [entry.sha256 for entry in catalog.load("lawns").of_split(Split.HOLDOUT) if entry.label == "grass"]
    assert wanted
    page = gateway.get(URL, params={"label": "grass", "split": "holdout"}).json()
    assert ([image["sha256"] for image in page["images"]], page["total"]) == (wanted, len(wanted))
    assert gateway.get(URL, params={"label": "moss"}).json()["images"] == []
    assert gateway.get(URL, params={"split": "validation"}).json()["code"] == "invalid-request"


def test_an_image_comes_as_it_was_taken_in(gateway: httpx.Client, lawns: dict[str, bytes]) -> None:
    for sha256, body in lawns.items():
        answer = gateway.get(f"{URL}/{sha256}")
        assert answer.content == body
        assert answer.headers["Content-Type"] == "image/png"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        known = gateway.get(f"{URL}/{sha256}", headers={"If-None-Match": answer.headers["ETag"]})
        assert (known.status_code, known.content) == (304, b"")


def test_another_version_has_other_images(
    gateway: httpx.Client, catalog: DatasetCatalog, lawns: dict[str, bytes], tmp_path: Path
) -> None:
    before = gateway.get(URL).json()["version"]
    removed = tmp_path / "lawns" / "grass" / "0.png"
    gone = hashlib.sha256(removed.read_bytes()).hexdigest()
    removed.unlink()
    after = catalog.publish_folder("lawns", tmp_path / "lawns").manifest.digest
    assert gateway.get(URL).json()["version"] == after != before
    assert gateway.get(f"{URL}/{gone}").json()["code"] == "not-found"
    for version in (before, before[:12]):
        assert gateway.get(URL, params={"version": version}).json()["version"] == before
        assert gateway.get(f"{URL}/{gone}", params={"version": version}).content == lawns[gone]


def test_an_image_of_another_data_set_is_not_shown(
    gateway: httpx.Client, catalog: DatasetCatalog, lawns: dict[str, bytes], tmp_path: Path
) -> None:
    for number, label in enumerate(("slate", "tile")):
        draw(tmp_path / "roofs" / label / "1.png", 100 + number)
    catalog.publish_folder("roofs", tmp_path / "roofs")
    other = gateway.get("/v1/datasets/roofs/images").json()["images"][0]["sha256"]
    assert other not in lawns
    for headers in ({}, {"If-None-Match": "*"}):
        assert gateway.get(f"{URL}/{other}", headers=headers).status_code == 404
    assert gateway.get(f"/v1/datasets/roofs/images/{other}").status_code == 200


@pytest.mark.usefixtures("lawns")
@pytest.mark.parametrize(
    "path",
    [
        "/v1/datasets/absent/images",
        f"/v1/datasets/absent/images/{'0' * 64}",
        f"{URL}/{'0' * 64}",
        f"{URL}?version=zz",
        f"{URL}?version={'0' * 64}",
        f"{URL}?version=..%2F..%2Froofs",
        f"{URL}?version={'0' * 64}.json%0A",
    ],
)
def test_what_is_not_there_is_not_found_by_head_either(gateway: httpx.Client, path: str) -> None:
    answer = gateway.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert gateway.head(path).status_code == 404


def test_what_the_store_has_lost_or_damaged_is_told(
    gateway: httpx.Client, lawns: dict[str, bytes], store: ObjectStore, settings: Settings
) -> None:
    lost, damaged = list(lawns)[:2]
    store.delete(settings.images_bucket, image_key(lost))
    store.put(settings.images_bucket, image_key(damaged), b"another")
    assert "gone from the store" in gateway.get(f"{URL}/{lost}").json()["detail"]
    assert "is damaged" in gateway.get(f"{URL}/{damaged}").json()["detail"]


def test_head_tells_what_get_would(gateway: httpx.Client, lawns: dict[str, bytes]) -> None:
    for path in (URL, f"{URL}/{next(iter(lawns))}"):
        head, get = gateway.head(path), gateway.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == str(len(get.content))
        assert head.headers["Content-Type"] == get.headers["Content-Type"]


async def test_both_clients_read_them(gateway: httpx.Client, lawns: dict[str, bytes]) -> None:
    url = str(gateway.base_url)
    with Client(url) as client:
        found = list(client.each_dataset_image("lawns"))
        assert {image.sha256 for image in found} == set(lawns)
        assert client.dataset_image("lawns", found[0].sha256) == lawns[found[0].sha256]
        page = client.dataset_images("lawns", label="clover", split=Split.TRAIN, page_size=1)
        assert [(image.label, image.split) for image in page.images] == [("clover", Split.TRAIN)]
        with pytest.raises(ApiProblem, match="has no image"):
            client.dataset_image("lawns", "0" * 64, version=page.version)
    async with AsyncClient(url) as other:
        assert [image async for image in other.each_dataset_image("lawns")] == found
        assert await other.dataset_image("lawns", found[1].sha256) == lawns[found[1].sha256]
