"""The image of the pages leaves out packages that Streamlit loads for tables and charts only."""

import re
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fake_gateway import FakeGateway
from meadow_ui.__main__ import APP
from meadow_ui.app import PAGES

MAKEFILE = Path(__file__).parents[3] / "Makefile"


@pytest.fixture
def left_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The packages that the lock of the image leaves out; importing one fails here, too."""
    found = re.search(
        r"^IMAGE_ui :=.*\$\(addprefix --no-emit-package ,([a-z ]+)\)$", MAKEFILE.read_text(), re.MULTILINE
    )
    assert found
    names = found[1].split()
    for name in [module for module in sys.modules if module.partition(".")[0] in names]:
        monkeypatch.delitem(sys.modules, name)
    for name in names:
        monkeypatch.setitem(sys.modules, name, None)
    return names


@pytest.mark.usefixtures("gateway")
def test_app_is_drawn_without_left_out_packages(left_out: list[str]) -> None:
    assert "pandas" in left_out
    assert not AppTest.from_file(str(APP), default_timeout=20).run().exception


@pytest.mark.slow
@pytest.mark.parametrize("page", list(PAGES))
def test_page_is_drawn_without_left_out_packages(gateway: FakeGateway, left_out: list[str], page: str) -> None:
    assert gateway.url
    assert "pyarrow" in left_out
    script = f"from meadow_ui.app import PAGES\nPAGES[{page!r}].draw()"
    assert not AppTest.from_string(script, default_timeout=20).run().exception
