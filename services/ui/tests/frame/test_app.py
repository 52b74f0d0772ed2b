from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import meadow_ui.pages
from meadow_ui.__main__ import APP


@pytest.mark.usefixtures("gateway")
def test_the_app_opens_on_the_drop_zone_in_its_own_dress() -> None:
    app = AppTest.from_file(str(APP), default_timeout=20).run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Classify pictures"]
    assert len(app.file_uploader) == 1


def test_a_link_to_a_page_opens_it_in_the_frame() -> None:
    assert Path(meadow_ui.pages.__file__).parent.name == "pages"
    assert not (APP.parent / "pages").exists(), "Streamlit would run the page's file alone for the first visitor"
