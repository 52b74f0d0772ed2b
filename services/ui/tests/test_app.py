from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import meadow_ui

APP = Path(meadow_ui.__file__).with_name("app.py")


@pytest.mark.usefixtures("gateway")
def test_the_app_opens_on_the_drop_zone_in_its_own_dress() -> None:
    app = AppTest.from_file(str(APP), default_timeout=20).run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Classify pictures"]
    assert len(app.file_uploader) == 1
