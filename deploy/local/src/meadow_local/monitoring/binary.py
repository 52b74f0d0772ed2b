"""Where Prometheus is."""

import shutil
from collections.abc import Callable

from meadow_local.errors import StackError


def prometheus_server() -> str:
    """Find it.

    Raises:
        StackError: This machine has none.
    """
    found = shutil.which("prometheus")
    if found is None:
        raise StackError(
            "There is no prometheus on the PATH: install it (Debian: `apt-get install prometheus`; else from "
            "https://prometheus.io/download), or leave `--with monitoring` out."
        )
    return found


def require_prometheus(say: Callable[[str], None]) -> None:
    """Refuse a machine without it, before anything is started."""
    del say
    prometheus_server()
