import csv
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fake_gateway import Answer, Asked, FakeGateway
from meadow.client import RetryPolicy
from meadow.client.folder.shrink import WORTHWHILE_BYTES
from meadow.client.retries import Pauses
from meadow.schemas.explanations import Explanation, ExplanationState
from meadow.schemas.jobs import JobState
from meadow_core.packs import read_pack

Meadow = Callable[..., int]
Photos = Callable[..., Path]
Shown = pytest.CaptureFixture[str]


def test_one_image_is_answered(gateway: FakeGateway, meadow: Meadow, photos: Photos, capsys: Shown) -> None:
    assert meadow("classify", photos("grass.png") / "grass.png") == 0
    shown = capsys.readouterr().out
    assert "grass.png: grass (confident)" in shown
    assert "97.0%" in shown
    assert gateway.asked[0].headers["Content-Type"] == "image/png"


def test_one_image_that_fails_ends_in_status_one_with_the_reason(
    gateway: FakeGateway, meadow: Meadow, photos: Photos, capsys: Shown
) -> None:
    del gateway
    assert meadow("classify", photos("broken.png") / "broken.png") == 1
    assert "broken.png: The image ends early" in capsys.readouterr().out


def test_one_image_that_the_gateway_does_not_take_is_a_failed_image(
    gateway: FakeGateway, meadow: Meadow, photos: Photos, capsys: Shown, tmp_path: Path
) -> None:
    """As it is one among many: the same command must not end differently for a folder."""
    gateway.state.refusal = ("unsupported-type", 415, "The bytes are not an image.")
    out = tmp_path / "out.csv"
    assert meadow("classify", photos("x.png") / "x.png", "--out", out) == 1
    assert "x.png: The bytes are not an image." in capsys.readouterr().out
    with out.open(newline="") as file:
        assert [row["error"] for row in csv.DictReader(file)] == ["unsupported-type"]


def test_an_image_is_explained(
    gateway: FakeGateway,
    meadow: Meadow,
    photos: Photos,
    capsys: Shown,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert meadow("classify", photos("grass.png") / "grass.png", "--explain") == 0
    assert gateway.asked[0].query["explain"] == ["true"]
    shown = capsys.readouterr().out
    assert "grass.png: grass (confident)" in shown
    assert "    ██\n" in shown
    assert "grass.explanation.png" in shown
    assert (tmp_path / "grass.explanation.png").read_bytes().startswith(b"\x89PNG")


def test_why_an_image_is_not_explained_is_said(
    gateway: FakeGateway, meadow: Meadow, photos: Photos, capsys: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    gateway.state.explanation = Explanation(state=ExplanationState.UNAVAILABLE, detail="The worker was lost.")
    assert meadow("classify", photos("grass.png") / "grass.png", "--explain") == 0
    assert "No explanation. The worker was lost." in capsys.readouterr().out
    assert not list(tmp_path.glob("*.png"))


def test_only_one_image_is_explained(gateway: FakeGateway, meadow: Meadow, photos: Photos, capsys: Shown) -> None:
    assert meadow("classify", photos("a.png", "b.png"), "--explain") == 2
    assert "--explain takes one image file" in capsys.readouterr().err
    assert not gateway.asked


def test_a_gateway_that_refuses_for_its_own_reasons_is_no_failed_image(
    gateway: FakeGateway, meadow: Meadow, photos: Photos, capsys: Shown
) -> None:
    gateway.state.refusal = ("unauthenticated", 401, "An API key is needed.")
    assert meadow("classify", photos("x.png") / "x.png") == 2
    assert capsys.readouterr().err == "Error: An API key is needed.\n"


def test_a_folder_is_summed_up_by_class(gateway: FakeGateway, meadow: Meadow, photos: Photos, capsys: Shown) -> None:
    folder = photos("grass1.png", "deep/grass2.png", "unsure grass.png", "flower.png")
    assert meadow("classify", folder) == 0
    shown = capsys.readouterr().out
    rows = [line.split() for line in shown.splitlines()]
    assert ["grass", "3", "1"] in rows
    assert ["dandelion", "1"] in rows
    assert shown.count("4/4") == 2  # uploaded and classified, both bars at their end
    assert "/v1/classifications" not in {asked.path for asked in gateway.asked}


def test_failed_images_of_a_folder_are_listed_with_their_reasons(
    gateway: FakeGateway, meadow: Meadow, photos: Photos, capsys: Shown, tmp_path: Path
) -> None:
    del gateway
    folder = photos("grass.png", "a/broken.png")
    out = tmp_path / "out.csv"
    assert meadow("classify", folder, "--out", out) == 1
    shown = capsys.readouterr().out
    assert "a/broken.png: The image ends early" in shown
    assert "(image-undecodable)" in shown
    with out.open(newline="") as file:
        rows = {row["item"]: row["state"] for row in csv.DictReader(file)}
    assert rows == {"grass.png": "succeeded", "a/broken.png": "failed"}


def test_names_are_shown_as_they_are(gateway: FakeGateway, meadow: Meadow, photos: Photos, capsys: Shown) -> None:
    """Brackets would be markup to the library that prints."""
    del gateway
    folder = photos("x[/broken].png", "broken[red].png", "y.png")
    assert meadow("classify", folder) == 1
    shown = capsys.readouterr().out
    assert "x[/broken].png: The image ends early" in shown
    assert "broken[red].png: The image ends early" in shown
    assert meadow("classify", folder / "broken[red].png") == 1
    assert "broken[red].png: The image ends early" in capsys.readouterr().out


def test_a_gateway_that_is_down_is_one_sentence(
    meadow: Meadow, photos: Photos, capsys: Shown, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    monkeypatch.setenv("MEADOW_API_URL", f"http://127.0.0.1:{unused_port}")
    monkeypatch.setattr(RetryPolicy, "pauses", lambda _: Pauses(RetryPolicy(seconds=0)))
    for paths in (["x.png"], ["x.png", "y.png"]):
        folder = photos(*paths)
        assert meadow("classify", *(folder / path for path in paths)) == 2
        shown = capsys.readouterr()
        assert shown.err.startswith(f"Error: The gateway at http://127.0.0.1:{unused_port} does not answer")
        assert shown.err.count("\n") == 1


def test_a_batch_that_does_not_finish_is_one_sentence(
    gateway: FakeGateway, meadow: Meadow, photos: Photos, capsys: Shown
) -> None:
    gateway.batches.ends_as = JobState.CANCELLED
    assert meadow("classify", photos("x.png", "y.png")) == 2
    assert capsys.readouterr().err == "Error: Batch batch_1 did not finish: it is cancelled\n"


def test_what_cannot_be_written_is_told_before_anything_is_sent(
    gateway: FakeGateway, meadow: Meadow, photos: Photos, capsys: Shown
) -> None:
    assert meadow("classify", photos("x.png"), "--out", "out.docx") == 2
    assert ".csv, .ndjson, .parquet" in capsys.readouterr().err
    assert gateway.asked == []


def test_an_argument_that_names_nothing_is_told(meadow: Meadow, capsys: Shown, tmp_path: Path) -> None:
    assert meadow("classify", tmp_path / "none.jpg") == 2
    assert "no pattern that matches any" in capsys.readouterr().err


def test_a_resumed_run_says_what_it_goes_on_with(
    gateway: FakeGateway, meadow: Meadow, photos: Photos, capsys: Shown
) -> None:
    folder = photos("grass.png", "flower.png")
    assert meadow("classify", folder, "--resume") == 0
    assert "No batch of these files was found. Starting afresh." in capsys.readouterr().out
    assert meadow("classify", folder, "--resume") == 0
    assert "Going on with batch_1, which is succeeded." in capsys.readouterr().out
    assert len(gateway.batches.opened) == 1


def test_a_gateway_that_goes_away_leaves_the_way_back(
    gateway: FakeGateway, meadow: Meadow, photos: Photos, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = photos("grass.png", "flower.png")
    gateway.batches.limits = gateway.batches.limits.model_copy(update={"max_pack_items": 1})
    respond = gateway.batches.respond

    def close_at_the_seal(request: Asked) -> Answer | None:
        return Answer(hang_up=True) if request.path.endswith(":seal") else respond(request)

    gateway.batches.respond = close_at_the_seal  # type: ignore[method-assign]
    monkeypatch.setattr(RetryPolicy, "pauses", lambda _: Pauses(RetryPolicy(seconds=0.1)))
    assert meadow("classify", folder) == 2
    shown = capsys.readouterr()
    assert "Interrupted: 2 of 2 images are uploaded to batch_1" in shown.out
    assert f"To go on:      meadow classify --resume {folder}" in shown.out
    assert "To give it up: meadow cancel batch_1" in shown.out
    assert "does not answer" in shown.err


def large_photo(folder: Path) -> bytes:
    """Write a photograph large enough to be made smaller, beside a small picture."""
    noise = np.random.default_rng(0).integers(0, 256, (1100, 1800, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "large.jpg", quality=95)
    body = (folder / "large.jpg").read_bytes()
    assert len(body) > WORTHWHILE_BYTES
    return body


@pytest.mark.parametrize(("option", "shorter_side"), [((), 336), (("--shrink", "off"), 1100), (("--shrink", "64"), 64)])
def test_large_photos_are_sent_small_unless_they_are_to_be_sent_whole(
    gateway: FakeGateway, meadow: Meadow, photos: Photos, option: tuple[str, ...], shorter_side: int
) -> None:
    folder = photos("small.png")
    large_photo(folder)
    assert meadow("classify", folder, *option) == 0
    [sent] = [asked.body for asked in gateway.asked if asked.method == "PUT"]
    images = dict(read_pack(sent))
    with Image.open(BytesIO(images["large.jpg"])) as image:
        assert min(image.size) == shorter_side
    assert images["small.png"] == (folder / "small.png").read_bytes()


def test_single_photo_above_the_gateways_limit_is_sent_small(
    gateway: FakeGateway, meadow: Meadow, photos: Photos
) -> None:
    folder = photos("small.png")
    body = large_photo(folder)
    for limit, shorter_side in ((len(body), 1100), (len(body) - 1, 336)):
        gateway.batches.limits = gateway.batches.limits.model_copy(update={"max_image_bytes": limit})
        assert meadow("classify", folder / "large.jpg") == 0
        sent = [asked.body for asked in gateway.asked if asked.method == "POST"][-1]
        with Image.open(BytesIO(sent)) as image:
            assert min(image.size) == shorter_side


@pytest.mark.parametrize("text", ["large", "12", "-1"])
def test_a_size_that_is_none_is_refused(meadow: Meadow, photos: Photos, capsys: Shown, text: str) -> None:
    assert meadow("classify", photos("a.png", "b.png"), f"--shrink={text}") == 2
    assert "auto, off, or 64 or more pixels" in capsys.readouterr().err
