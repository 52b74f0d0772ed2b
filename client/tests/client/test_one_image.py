from collections.abc import Iterator
from pathlib import Path

import pytest

import meadow
from fake_gateway import FakeGateway
from meadow.address import gateway_address
from meadow.client import ApiProblem, JobFailedError, JobPendingError
from meadow.settings import GatewayAddress

PHOTO = b"\xff\xd8\xff..."


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGateway]:
    with FakeGateway() as running:
        monkeypatch.setenv("MEADOW_API_URL", running.url)
        monkeypatch.setenv("MEADOW_API_KEY", "key-1")
        yield running


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "grass ü.jpg"
    path.write_bytes(PHOTO)
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.jpg"
    path.write_bytes(PHOTO)
    return path


async def test_a_file_and_its_bytes_are_classified(gateway: FakeGateway, photo: Path) -> None:
    assert meadow.classify(photo).label == "grass"
    assert meadow.classify(str(photo)).label == "grass"
    assert (await meadow.aclassify(photo)).label == "grass"
    assert meadow.classify(PHOTO).label == "dandelion", "the fake gateway classifies by name"
    submitted = [asked for asked in gateway.asked if asked.method == "POST"]
    assert [asked.headers["X-Image-Name"] for asked in submitted] == ["grass%20%C3%BC.jpg"] * 3 + [None]
    assert {asked.body for asked in submitted} == {PHOTO}
    assert {asked.headers["Authorization"] for asked in gateway.asked} == {"Bearer key-1"}


async def test_an_image_that_cannot_be_classified_says_why(gateway: FakeGateway, broken: Path) -> None:
    with pytest.raises(JobFailedError, match="ends early") as caught:
        meadow.classify(broken)
    assert caught.value.job.id == "job_1"
    with pytest.raises(JobFailedError, match="ends early"):
        await meadow.aclassify(broken)
    gateway.state.refusal = ("unsupported-type", 415, "It is no image.")
    with pytest.raises(ApiProblem, match="no image"):
        meadow.classify(b"text")


async def test_an_answer_that_takes_too_long_is_not_waited_for(gateway: FakeGateway, photo: Path) -> None:
    gateway.state.seconds_per_image = 60
    with pytest.raises(JobPendingError, match=r"after 0\.2 seconds"):
        meadow.classify(photo, timeout=0.2)
    with pytest.raises(JobPendingError, match=r"after 0\.2 seconds"):
        await meadow.aclassify(photo, timeout=0.2)


@pytest.mark.usefixtures("gateway")
async def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for image in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(OSError, match=str(image)):
            meadow.classify(image)
        with pytest.raises(OSError, match=str(image)):
            await meadow.aclassify(image)


def test_without_settings_it_is_the_gateway_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEADOW_API_URL", raising=False)
    monkeypatch.delenv("MEADOW_API_KEY", raising=False)
    assert gateway_address() == (GatewayAddress().api_url, "") == ("http://127.0.0.1:8000", "")
