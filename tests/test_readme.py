"""The README's curl lines and Python, as written, against the running stack."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from trained_stack import TrainedStack
from zips import make_zip

pytestmark = pytest.mark.system

README = (Path(__file__).parents[1] / "README.md").read_text()
CONSOLE_BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
CURL_BLOCKS = [block for block in CONSOLE_BLOCKS if "curl" in block]
[PYTHON_BLOCK] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_readme_has_what_is_run_here() -> None:
    assert len(CURL_BLOCKS) == 3


@pytest.mark.parametrize("block", CURL_BLOCKS, ids=["one image", "a folder", "what fills itself"])
def test_curl_lines_work_as_written(trained: TrainedStack, tmp_path: Path, block: str) -> None:
    (tmp_path / "lawn.jpg").write_bytes(trained.picture("grass"))
    (tmp_path / "lawn2.jpg").write_bytes(trained.picture("dandelion"))
    (tmp_path / "lawns.zip").write_bytes(make_zip([("lawn.jpg", trained.picture("grass"))]))
    lines = [line.removeprefix("$ ") for line in block.splitlines()]
    script = "set -euo pipefail\n" + "\n".join(lines)
    done = run(["bash", "-c", on_this_stack(script.replace("curl ", "curl --fail-with-body -sS "), trained)], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "202 Accepted" in done.stdout or "lawn.jpg,succeeded" in done.stdout or '"kind":"batch"' in done.stdout


def test_the_python_example_prints_an_answer(trained: TrainedStack, tmp_path: Path) -> None:
    (tmp_path / "lawn.jpg").write_bytes(trained.picture("grass"))
    done = run([sys.executable, "-c", PYTHON_BLOCK], tmp_path, MEADOW_API_URL=trained.stack.settings.api_url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in {"dandelion", "grass"}


def on_this_stack(text: str, trained: TrainedStack) -> str:
    """The stack under test listens on ports of its own."""
    assert "http://127.0.0.1:8000" in text
    return text.replace("http://127.0.0.1:8000", trained.stack.settings.api_url)


def run(command: list[str], folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, **variables}
    return subprocess.run(  # noqa: S603 - the commands of the page
        command, cwd=folder, env=environment, text=True, capture_output=True, timeout=120, check=False
    )
