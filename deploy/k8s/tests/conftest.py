"""The overlays, each built once a run."""

import os
import shutil
from functools import cache

import pytest

from built import OVERLAYS, Built, build


@pytest.fixture(scope="session", autouse=True)
def kubectl() -> None:
    if shutil.which("kubectl") is None:
        message = "kubectl is not installed: the manifests are not tested. Install it (it brings kustomize along)."
        if os.environ.get("GITHUB_ACTIONS"):
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(params=OVERLAYS)
def built(request: pytest.FixtureRequest) -> Built:
    return build_once(request.param)


@cache
def build_once(overlay: str) -> Built:
    return build(overlay)
