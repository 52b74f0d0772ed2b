from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import meadow_ui
from meadow_ui.__main__ import APP
from meadow_ui.app import PAGES

OpenPage = Callable[[str], AppTest]

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
    assert not app.markdown, "nothing of the script itself is shown"


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize("name", list(PAGES))
def test_every_page_has_its_title(open_page: OpenPage, name: str) -> None:
    assert [title.value for title in open_page(name).title] == [TITLES[name]]


@pytest.mark.parametrize("name", list(PAGES))
def test_unreachable_gateway_is_reported_on_every_page(no_gateway: str, open_page: OpenPage, name: str) -> None:
    shown = [str(part.value) for part in open_page(name).html if 'class="notice' in str(part.value)]
    [notice] = shown
    assert notice == (
        '<section class="notice bad"><h2>Gateway unreachable</h2>'
        f"<p>No response from <code>{no_gateway}</code>. Run <code>meadow status</code> to see what is running, or "
        "<code>meadow up</code> to start it.</p></section>"
    )


def test_no_pages_folder_next_to_the_app() -> None:
    assert APP.parent == Path(meadow_ui.__file__).parent
    assert not (APP.parent / "pages").exists(), "Streamlit would serve its files alone, without the frame"
