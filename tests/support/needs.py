"""What some tests need and not every machine has; said once at the end of `make test`."""

import shutil

import pytest

skip_without_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None or shutil.which("promtool") is None,
    reason="Prometheus is not installed (Debian: apt-get install prometheus)",
)
