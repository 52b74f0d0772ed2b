from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from fake_gateway import FakeGateway, ScriptedServer
from fake_gateway.answers import make_model
from meadow.client import Client, RetryPolicy

OpenPage = Callable[[str], AppTest]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty state directory, so that a local installation does not affect the settings."""
    monkeypatch.setenv("MEADOW_HOME", str(tmp_path))


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGateway]:
    """A gateway with a model in production; the settings point to it."""
    with FakeGateway() as running:
        monkeypatch.setenv("MEADOW_API_URL", running.url)
        running.state.model = make_model("3")
        running.state.models = [make_model("3")]
        yield running
        # The connections close before the gateway does.
        st.cache_resource.clear()


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[Client]:
    """A client without retries."""
    with Client(gateway.url, retries=RetryPolicy(seconds=0)) as opened:
        yield opened


@pytest.fixture
def no_gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an unreachable gateway; the settings point to it."""
    unused = ScriptedServer()
    unused.server_close()
    monkeypatch.setenv("MEADOW_API_URL", unused.url)
    yield unused.url
    st.cache_resource.clear()


@pytest.fixture
def open_page() -> OpenPage:
    """Opens a page by its name, as a new visitor sees it."""

    def opened(name: str) -> AppTest:
        script = f"from meadow_ui.app import PAGES\nPAGES[{name!r}].draw()"
        page = AppTest.from_string(script, default_timeout=60).run()
        assert not page.exception
        return page

    return opened
