"""Streamlit's options: address, upload limit, and the theme by day and by night. `styles` use the same colours."""

from collections.abc import Mapping

from meadow.client.folder.shrink import READ_FACTOR
from meadow.sizes import MEBIBYTE
from meadow_ui.settings import PageSettings

_SHARED = {
    "font": "sans-serif",
    "headingFont": "serif",
    "headingFontSizes": '["2.2rem", "1.45rem", "1.2rem"]',
    "headingFontWeights": "[500, 500, 600]",
    "baseFontSize": "16",
    "baseRadius": "0.75rem",
    "buttonRadius": "full",
    "showWidgetBorder": "true",
}
_LIGHT = {
    "primaryColor": "#3f7a3a",
    "backgroundColor": "#f5f8f2",
    "secondaryBackgroundColor": "#ffffff",
    "textColor": "#1f2a20",
    "linkColor": "#2f6b2b",
    "borderColor": "#dbe4d5",
}
_DARK = {
    "primaryColor": "#8cc27e",
    "backgroundColor": "#131914",
    "secondaryBackgroundColor": "#1b231c",
    "textColor": "#e6ede3",
    "linkColor": "#a3d396",
    "borderColor": "#2d392e",
}

THEME_OPTIONS: Mapping[str, str] = {
    **{f"theme.{name}": value for name, value in _SHARED.items()},
    **{f"theme.light.{name}": value for name, value in _LIGHT.items()},
    **{f"theme.dark.{name}": value for name, value in _DARK.items()},
}


def streamlit_options(settings: PageSettings) -> Mapping[str, str | int]:
    """All options of the server; no configuration file is needed."""
    return {
        "server.address": settings.ui_host,
        "server.port": settings.ui_port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.maxUploadSize": max_upload_mebibytes(settings),
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        # It would show any value that stands alone in the script, such as the description of a constant.
        "runner.magicEnabled": "false",
        **THEME_OPTIONS,
    }


def max_upload_mebibytes(settings: PageSettings) -> int:
    """Return the largest upload in MiB.

    It is above the gateway's limit: photographs are shrunk before they are sent, and the gateway reports the rest.
    """
    return max(READ_FACTOR * settings.max_image_bytes // MEBIBYTE, 1)
