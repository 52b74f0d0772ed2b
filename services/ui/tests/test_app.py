from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import meadow_ui
from meadow.client.testing import FakeGateway
from meadow_ui.__main__ import APP
from meadow_ui.app import PAGES

TITLES = {
    "classify": "Classify images",
    "review": "Review",
    "model": "Model",
    "data": "Data and training",
    "queues": "Queues and workers",
}


@pytest.mark.usefixtures("gateway")
def test_app_opens_on_the_classify_page_with_its_styles() -> None:
    app = AppTest.from_file(str(APP), default_timeout=20).run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Classify images"]
    assert len(app.file_uploader) == 1


def test_every_page_has_its_title(gateway: FakeGateway) -> None:
    assert gateway.url
    shown = {}
    for name in PAGES:
        script = f"from meadow_ui.app import PAGES\nPAGES[{name!r}].draw()"
        page = AppTest.from_string(script, default_timeout=60).run()
        assert not page.exception
        [shown[name]] = [title.value for title in page.title]
    assert shown == TITLES


def test_no_pages_folder_next_to_the_app() -> None:
    assert APP.parent == Path(meadow_ui.__file__).parent
    assert not (APP.parent / "pages").exists(), "Streamlit would serve its files alone, without the frame"
