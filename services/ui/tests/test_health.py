import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from fake_gateway import ScriptedServer
from meadow_ui.health import PageError, check_page

Serve = Callable[[str], str]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serve a script with Streamlit; returns the address."""
    started: list[subprocess.Popen[bytes]] = []

    def run(script: str) -> str:
        (tmp_path / "app.py").write_text(script)
        unused = ScriptedServer()
        unused.server_close()
        options = (f"--server.port={unused.server_port}", "--server.address=127.0.0.1", "--server.headless=true")
        command = [sys.executable, "-m", "streamlit", "run", str(tmp_path / "app.py"), *options]
        started.append(subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))  # noqa: S603
        deadline = time.monotonic() + 60
        while True:
            try:
                assert httpx.get(f"{unused.url}/_stcore/health", trust_env=False).text == "ok"
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            else:
                return f"127.0.0.1:{unused.server_port}"

    yield run
    for process in started:
        process.terminate()
        process.wait(timeout=10)


@pytest.mark.slow
def test_drawn_page_is_healthy(serve: Serve) -> None:
    check_page(serve("import streamlit as st\nst.title('Meadow')"))


@pytest.mark.slow
def test_import_error_is_unhealthy_although_the_server_responds(serve: Serve) -> None:
    with pytest.raises(PageError, match=r"The page shows ModuleNotFoundError: No module named 'not_installed'"):
        check_page(serve("import not_installed"))


@pytest.mark.slow
def test_page_that_is_not_drawn_in_time_is_unhealthy(serve: Serve) -> None:
    with pytest.raises(PageError, match=r"was not drawn within 2 s"):
        check_page(serve("import time\ntime.sleep(5)"), seconds=2)


def test_unreachable_server_is_unhealthy() -> None:
    unused = ScriptedServer()
    unused.server_close()
    with pytest.raises(PageError, match="No response from the pages"):
        check_page(f"127.0.0.1:{unused.server_port}")
