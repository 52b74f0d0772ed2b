"""The smoke test of deployments, over the running stack."""

import subprocess
import sys
from pathlib import Path

import pytest

from trained_stack import TrainedStack

pytestmark = pytest.mark.system

SCRIPT = Path(__file__).parents[1] / "deploy/k8s/smoke-test"


def test_it_passes(trained: TrainedStack) -> None:
    command = [sys.executable, str(SCRIPT), trained.stack.settings.api_url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    assert "one image" in done.stdout
    assert "each answered once" in done.stdout
