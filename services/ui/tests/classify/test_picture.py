import base64
import io

import pillow_heif
import pytest
from PIL import Image

from fake_gateway.answers import classify_by_name
from meadow.client import ApiProblem, GatewayUnreachableError
from meadow.schemas.jobs import Job, JobError, JobState
from meadow.schemas.problems import Problem
from meadow_ui.classify.picture import THUMBNAIL_SIDE, Picture, Stage, thumbnail


def job(state: str, **fields: object) -> Job:
    links = {"self": "", "cancel": ""}
    known = {"id": "j", "kind": "classification", "created_at": "2026-05-04T10:00:00Z", "links": links}
    return Job.model_validate({**known, "state": state, **fields})


def test_stage_goes_from_sending_to_done() -> None:
    picture = Picture("a", b"bytes")
    assert picture.stage is Stage.SENDING
    picture.progress(job("queued"))
    assert (picture.stage, picture.prediction) == (Stage.WAITING, None)
    picture.progress(job("running"))
    assert (picture.stage, picture.finished) == (Stage.CLASSIFYING, False)
    picture.progress(job("succeeded", result=classify_by_name(b"", "unsure")))
    assert (picture.stage, picture.finished, picture.unsure) == (Stage.DONE, True, True)
    assert picture.data == b"bytes", "needed for a label once the gateway has deleted its copy"


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED, JobState.EXPIRED])
def test_failed_job_has_an_error_and_can_be_retried(state: JobState) -> None:
    picture = Picture("a", b"bytes")
    picture.progress(job(state))
    assert picture.stage is Stage.FAILED
    assert picture.error == JobError(code=state, detail=f"The job was {state}.")
    picture.reset()
    assert (picture.stage, picture.data) == (Stage.SENDING, b"bytes")


def test_error_of_the_job_is_kept() -> None:
    picture = Picture("a", b"")
    picture.progress(job("failed", error={"code": "image-undecodable", "detail": "Cut off."}))
    assert picture.error == JobError(code="image-undecodable", detail="Cut off.")


def test_rejection_and_unreachable_gateway_have_different_codes() -> None:
    refused, silent = Picture("a", b""), Picture("b", b"")
    refused.fail(ApiProblem(Problem(type="t", title="Too large", status=413, detail="21 MiB", code="too-large")))
    silent.fail(GatewayUnreachableError("http://here", "no connection"))
    assert refused.error == JobError(code="too-large", detail="21 MiB")
    assert silent.error is not None
    assert silent.error.code == "gateway-unreachable"


CUT_EXIF = b"Exif\0\0II*\0"


def encoded(image: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def opened(uri: str) -> Image.Image:
    head, _, data = uri.partition(",")
    assert head == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_thumbnail_is_small_and_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(Image.new("RGB", (3000, 2000)), exif=exif)
    with opened(thumbnail(data, max_pixels=10_000_000)) as small:
        assert small.height == THUMBNAIL_SIDE
        assert small.width < THUMBNAIL_SIDE


@pytest.mark.parametrize("mode", ["RGBA", "LA", "L", "P", "1", "I;16", "CMYK"])
def test_thumbnail_supports_every_pixel_mode(mode: str) -> None:
    data = encoded(Image.new(mode, (20, 10)), "TIFF")
    with opened(thumbnail(data, max_pixels=1000)) as small:
        assert small.size == (20, 10)


def test_thumbnail_keeps_transparency() -> None:
    with opened(thumbnail(encoded(Image.new("RGBA", (4, 4)), "PNG"), max_pixels=1000)) as small:
        assert small.mode == "RGBA"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_damaged_exif_data_is_ignored(form: str) -> None:
    with opened(thumbnail(encoded(Image.new("RGB", (20, 10)), form, exif=CUT_EXIF), max_pixels=1000)) as small:
        assert small.size == (20, 10)


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
def test_thumbnail_supports_phone_formats(form: str) -> None:
    pillow_heif.register_heif_opener()
    with opened(thumbnail(encoded(Image.new("RGB", (200, 100)), form), max_pixels=10**6)) as small:
        assert small.size == (200, 100)


def test_unsupported_format_has_no_thumbnail() -> None:
    assert thumbnail(encoded(Image.new("RGB", (20, 10)), "PPM"), max_pixels=1000) == ""


def test_undecodable_or_oversized_image_has_no_thumbnail() -> None:
    noisy = Image.effect_noise((100, 100), 50)
    assert thumbnail(b"no image", max_pixels=10**6) == ""
    assert thumbnail(encoded(noisy)[:900], max_pixels=10**6) == ""
    assert thumbnail(encoded(noisy), max_pixels=9_999) == ""
