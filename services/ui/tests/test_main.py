import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fake_gateway import FakeGateway, ScriptedServer


@pytest.fixture
def served(gateway: FakeGateway, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Address and log of the pages, served by a separate process."""
    unused = ScriptedServer()
    unused.server_close()
    log = tmp_path / "ui.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "meadow_ui"],
            env={**os.environ, "MEADOW_UI_PORT": str(unused.server_port), "MEADOW_API_URL": gateway.url},
            cwd=tmp_path,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        yield unused.url, log
        process.terminate()
        assert process.wait(timeout=10) is not None


def wait_for(url: str) -> httpx.Response:
    deadline = time.monotonic() + 60
    while True:
        try:
            return httpx.get(url, trust_env=False)
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@pytest.mark.slow
def test_pages_are_served_on_loopback_without_errors_in_the_log(served: tuple[str, Path]) -> None:
    url, log = served
    assert wait_for(f"{url}/_stcore/health").text == "ok"
    assert "<title>" in httpx.get(url, trust_env=False).text
    written = log.read_text()
    assert url in written
    assert "rror" not in written
