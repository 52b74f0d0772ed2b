"""Start the Streamlit server with every option set here, so that no configuration file is read."""

import sys
from pathlib import Path

from streamlit.web import cli

from meadow_ui.options import streamlit_options
from meadow_ui.settings import PageSettings

APP = Path(__file__).parent / "app.py"


def main() -> None:
    """Serve the pages until the process is stopped."""
    options = streamlit_options(PageSettings.load())
    sys.exit(cli.main(["run", str(APP), *(f"--{name}={value}" for name, value in options.items())]))


if __name__ == "__main__":
    main()
