"""Runs the pages, with every Streamlit option given here: no configuration file is looked for."""

import sys
from pathlib import Path

from streamlit.web import cli

from meadow.settings import load_settings
from meadow_ui.theme import THEME_OPTIONS
from meadow_ui.upload_limit import max_upload_mebibytes

APP = Path(__file__).parent / "frame" / "app.py"


def main() -> None:
    """Serve the pages until the process is told to stop."""
    settings = load_settings()
    options = {
        "server.address": settings.ui_host,
        "server.port": settings.ui_port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.maxUploadSize": max_upload_mebibytes(settings),
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        **THEME_OPTIONS,
    }
    sys.exit(cli.main(["run", str(APP), *(f"--{name}={value}" for name, value in options.items())]))


if __name__ == "__main__":
    main()
