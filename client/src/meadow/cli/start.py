"""The installed command: says what is missing where the client was installed without its command line."""

import sys
from importlib.util import find_spec

from meadow.cli.exit_status import USAGE_STATUS

NEEDED = ("pydantic_settings", "rich", "typer")


def main() -> None:
    """Run the command line."""
    if any(find_spec(name) is None for name in NEEDED):
        sys.stderr.write("Error: the command line is an extra of the client: pip install 'meadow[cli]'\n")
        sys.exit(USAGE_STATUS)
    from meadow.cli.main import main as run  # noqa: PLC0415 - needs what is looked for above

    run()
