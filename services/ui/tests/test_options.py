import json

from streamlit import config

from meadow_ui.options import THEME_OPTIONS, streamlit_options
from meadow_ui.settings import PageSettings


def test_streamlit_knows_every_option() -> None:
    assert set(THEME_OPTIONS) <= set(streamlit_options(PageSettings())) <= set(config.get_config_options())


def test_theme_lists_are_valid_json() -> None:
    assert json.loads(THEME_OPTIONS["theme.headingFontSizes"])[0].endswith("rem")
    assert all(isinstance(weight, int) for weight in json.loads(THEME_OPTIONS["theme.headingFontWeights"]))
