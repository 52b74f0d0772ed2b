"""The examples of the client's README do what they say."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_gateway import FakeGateway
from meadow.address import DEFAULT_API_URL

README = Path(__file__).parents[1] / "README.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeGateway]:
    """A gateway at the address of the environment, and the files that the examples read."""
    (tmp_path / "photos").mkdir()
    for name in ("dandelion.jpg", "photos/grass.jpg", "photos/broken.jpg"):
        (tmp_path / name).write_bytes(b"\xff\xd8\xff")
    monkeypatch.chdir(tmp_path)
    with FakeGateway() as running:
        monkeypatch.setenv("MEADOW_API_URL", running.url)
        yield running
    shutil.rmtree(tmp_path / "photos")


def run(example: str, gateway: FakeGateway) -> None:
    exec(compile(example.replace(DEFAULT_API_URL, gateway.url), str(README), "exec"), {})  # noqa: S102 - our own page


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        (0, r"dandelion confident\n"),
        (1, r"succeeded label='dandelion' decision=.*\n"),
        (2, r"(job_\d+ queued\n)?(job_\d+ running\n)?job_\d+ succeeded\n"),
        (3, r"broken\.jpg code='image-undecodable' .*\ngrass\.jpg label='grass' .*\n"),
    ],
)
def test_each_example_prints_an_answer(
    gateway: FakeGateway, capsys: pytest.CaptureFixture[str], number: int, printed: str
) -> None:
    run(EXAMPLES[number], gateway)
    assert re.fullmatch(printed, capsys.readouterr().out)


def test_no_example_is_left_out() -> None:
    assert len(EXAMPLES) == 4
