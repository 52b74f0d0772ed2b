"""Start the Streamlit server with every option set here, so that no configuration file is read."""

import sys
from pathlib import Path

from streamlit.web import cli

from meadow.settings import load_settings
from meadow_ui.options import streamlit_options

APP = Path(__file__).parent / "app.py"


def main() -> None:
    """Serve the pages until the process is stopped."""
    options = streamlit_options(load_settings())
    sys.exit(cli.main(["run", str(APP), *(f"--{name}={value}" for name, value in options.items())]))


if __name__ == "__main__":
    main()
