import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fake_gateway import FakeGateway
from meadow.client import Client
from meadow.client.folder import FolderRun, find_files, make_plan
from meadow.client.folder.shrink import WORTHWHILE_BYTES, ShrinkError, Shrinking, shrink, shrink_to_limit
from meadow.schemas.items import ItemState
from meadow_core.bundle.preprocess import Preprocessing, load_pixels
from meadow_core.packs import read_pack

SIDEWAYS = 6
ORIENTATION = 0x0112


def photograph(width: int, height: int, *, orientation: int = 1, kind: str = "JPEG") -> bytes:
    rows, columns = np.mgrid[0:height, 0:width]
    texture = np.random.default_rng(0).integers(0, 40, (height, width))
    pixels = np.stack([rows * 215 // height + texture, columns * 215 // width + texture, texture * 3], axis=2)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    target = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(target, kind, quality=95, exif=exif)
    return target.getvalue()


@pytest.mark.parametrize("orientation", [1, SIDEWAYS])
def test_a_network_sees_about_the_same(orientation: int) -> None:
    body = photograph(2400, 1600, orientation=orientation)
    small = shrink(body, 512)
    assert len(small) < min(len(body) / 5, Shrinking(512).planned_bytes("a.jpg", len(body)))
    with Image.open(io.BytesIO(small)) as image:
        assert image.size == ((768, 512) if orientation == 1 else (512, 768))
    seen, before = (
        load_pixels(one, Preprocessing(size=112), max_pixels=10_000_000).pixels.astype(int) for one in (small, body)
    )
    assert np.abs(seen - before).mean() < 3


def test_a_small_photograph_stays_as_it_is() -> None:
    body = photograph(600, 512)
    assert shrink(body, 512) is body


@pytest.mark.parametrize("body", [b"no image", photograph(900, 900)[:5000], photograph(900, 900, kind="PNG")])
def test_what_is_no_whole_jpeg_is_told(body: bytes) -> None:
    with pytest.raises(ShrinkError):
        shrink(body, 512)


def test_room_is_planned_for_what_is_sent() -> None:
    assert Shrinking(500).planned_bytes("a.JPG", 5_000_000) == 500_000
    assert Shrinking(500).planned_bytes("a.jpg", 1_000) == 1_000
    assert Shrinking(500).planned_bytes("a.png", 5_000_000) == 5_000_000


def test_the_gateway_advises_and_small_files_stay_as_they_are(client: Client) -> None:
    limits = client.limits()
    advised = Shrinking.advised(limits)
    assert advised
    assert advised.shorter_side == limits.shrink_pixels
    assert advised.planned_bytes("a.jpg", WORTHWHILE_BYTES) < WORTHWHILE_BYTES
    assert advised.planned_bytes("a.jpg", WORTHWHILE_BYTES - 1) == WORTHWHILE_BYTES - 1
    assert Shrinking.advised(limits.model_copy(update={"shrink_pixels": 0})) is None


def test_folder_is_sent_small_and_whole_where_a_photograph_cannot_be_made_smaller(
    gateway: FakeGateway, client: Client, tmp_path: Path
) -> None:
    body = photograph(1200, 900)
    bodies = {"a.jpg": body, "b.jpg": body[:20_000], "c.jpg": body, "d.jpg": b"no image" * 10_000}
    for name, content in bodies.items():
        (tmp_path / name).write_bytes(content)
    plain = make_plan(find_files([str(tmp_path)]).files, client.limits())
    plan = make_plan(find_files([str(tmp_path)]).files, client.limits(), shrink=Shrinking(64))
    assert plan.fingerprint != plain.fingerprint
    run = FolderRun.begin(client, plan, "photos")
    run.finish()
    [sent] = [asked.body for asked in gateway.asked if asked.method == "PUT"]
    images = dict(read_pack(sent))
    assert images["a.jpg"] == images["c.jpg"] == shrink(body, 64)
    assert (images["b.jpg"], images["d.jpg"]) == (bodies["b.jpg"], bodies["d.jpg"])
    assert {result.state for result in run.results()} == {ItemState.SUCCEEDED}


def test_photograph_above_the_gateways_limit_is_sent_small(
    gateway: FakeGateway, client: Client, tmp_path: Path
) -> None:
    body = photograph(1200, 900)
    limit = len(body) // 2
    gateway.batches.limits = gateway.batches.limits.model_copy(update={"max_image_bytes": limit})
    bodies = {"a.jpg": body, "b.jpg": body[:limit] + bytes(1000), "c.png": body, "d.jpg": body * 9}
    for name, content in bodies.items():
        (tmp_path / name).write_bytes(content)
    plan = make_plan(find_files([str(tmp_path)]).files, client.limits(), shrink=Shrinking(64))
    run = FolderRun.begin(client, plan, "photos")
    run.finish()
    results = {result.item: result for result in run.results()}
    assert results.pop("a.jpg").state is ItemState.SUCCEEDED
    assert {name: result.error and result.error.code for name, result in results.items()} == dict.fromkeys(
        ("b.jpg", "c.png", "d.jpg"), "too-large"
    )
    assert "cannot be made smaller" in str(results["b.jpg"].error)


def test_pack_stays_within_the_gateways_limit_although_nothing_can_be_made_smaller(
    gateway: FakeGateway, client: Client, tmp_path: Path
) -> None:
    for number in range(12):
        (tmp_path / f"{number:02}.jpg").write_bytes(bytes([number]) * 100_000)
    limits = client.limits().model_copy(update={"max_pack_bytes": 600_000})
    run = FolderRun.begin(client, make_plan(find_files([str(tmp_path)]).files, limits, shrink=Shrinking(64)), "photos")
    run.finish()
    [sent] = [asked.body for asked in gateway.asked if asked.method == "PUT"]
    assert 400_000 < len(sent) <= 600_000
    states = [result.state for result in run.results()]
    assert (states.count(ItemState.SUCCEEDED), len(states)) == (5, 12)


@pytest.mark.parametrize("limit", ["bytes", "none"])
def test_single_photograph_is_made_smaller_only_above_the_limit(client: Client, limit: str) -> None:
    body = photograph(1200, 900)
    largest = len(body) - 1 if limit == "bytes" else len(body)
    limits = client.limits().model_copy(update={"max_image_bytes": largest})
    sent = shrink_to_limit(body, limits)
    assert len(sent) < 300_000 if limit == "bytes" else sent is body
    assert shrink_to_limit(body, limits.model_copy(update={"shrink_pixels": 0})) is body
    damaged = body[:300] + bytes(len(body))
    assert shrink_to_limit(damaged, limits) is damaged
    assert shrink_to_limit(body * 9, limits) == body * 9


def test_photograph_with_too_many_pixels_is_refused_by_the_gateways_number() -> None:
    with pytest.raises(ShrinkError, match="1200 x 900 pixels; at most 400,000 are accepted"):
        shrink(photograph(1200, 900), 64, max_pixels=100_000)
