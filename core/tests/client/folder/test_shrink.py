import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from meadow.bundle.preprocess import Preprocessing, load_pixels
from meadow.client import MeadowClient
from meadow.client.folder import FolderRun, find_files, make_plan
from meadow.client.folder.shrink import WORTHWHILE_BYTES, ShrinkError, Shrinking, shrink
from meadow.client.testing import FakeGateway
from meadow.items import ItemState
from meadow.packs import read_pack

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


def test_the_gateway_advises_and_small_files_stay_as_they_are(client: MeadowClient) -> None:
    limits = client.limits()
    advised = Shrinking.advised(limits)
    assert advised
    assert advised.shorter_side == limits.shrink_pixels
    assert advised.planned_bytes("a.jpg", WORTHWHILE_BYTES) < WORTHWHILE_BYTES
    assert advised.planned_bytes("a.jpg", WORTHWHILE_BYTES - 1) == WORTHWHILE_BYTES - 1
    assert Shrinking.advised(limits.model_copy(update={"shrink_pixels": 0})) is None


def test_a_folder_is_sent_small_and_says_which_photograph_is_damaged(
    gateway: FakeGateway, client: MeadowClient, tmp_path: Path
) -> None:
    body = photograph(1200, 900)
    for name, content in {"a.jpg": body, "b.jpg": body[:20_000], "c.jpg": body}.items():
        (tmp_path / name).write_bytes(content)
    plain = make_plan(find_files([str(tmp_path)]).files, client.limits())
    plan = make_plan(find_files([str(tmp_path)]).files, client.limits(), shrink=Shrinking(64))
    assert plan.fingerprint != plain.fingerprint
    run = FolderRun.begin(client, plan, "photos")
    run.finish()
    [sent] = [asked.body for asked in gateway.asked if asked.method == "PUT"]
    images = dict(read_pack(sent))
    assert images["a.jpg"] == images["c.jpg"] == shrink(body, 64)
    results = {result.item: result for result in run.results()}
    assert results["b.jpg"].state is ItemState.FAILED
    assert results["b.jpg"].error
    assert results["b.jpg"].error.code == "image-undecodable"
