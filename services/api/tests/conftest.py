import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI
from PIL import Image
from pydantic import SecretStr

from meadow_api.app import create_app
from meadow_api.server import GatewayServer
from meadow_core.settings import Settings


def serve(settings: Settings) -> AbstractContextManager[httpx.Client]:
    """Run a gateway on a free port and give a client for it."""
    return serve_app(create_app(settings))


@contextmanager
def serve_app(app: FastAPI) -> Iterator[httpx.Client]:
    """Run this very application."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = GatewayServer(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1), app)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        with httpx.Client(base_url=address, timeout=20, transport=httpx.HTTPTransport(retries=3)) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def gateway_with(settings: Settings) -> Callable[..., object]:
    """Make gateways with changed settings."""
    return lambda **changes: serve(settings.model_copy(update=changes))


@pytest.fixture
def gateway_of() -> Callable[[FastAPI], AbstractContextManager[httpx.Client]]:
    """Run gateways whose insides the test looks into."""
    return serve_app


@pytest.fixture
def gateway(settings: Settings) -> Iterator[httpx.Client]:
    with serve(settings) as client:
        yield client


@pytest.fixture(scope="module")
def shared_gateway(
    tmp_path_factory: pytest.TempPathFactory, redis_url: str, s3_settings: dict[str, object]
) -> Iterator[httpx.Client]:
    """One for all tests of a module, whichever jobs the others have made: starting one takes most of a test's time."""
    home = tmp_path_factory.mktemp("home")
    with serve(Settings.model_validate({"home": home, "redis_url": SecretStr(redis_url), **s3_settings})) as client:
        yield client


def make_image(kind: str = "JPEG", size: tuple[int, int] = (32, 24)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "green").save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def lawns(tmp_path: Path) -> Path:
    """A folder-per-class data set, as small as one can be."""
    for place, label in enumerate(("dandelion", "grass")):
        path = tmp_path / "lawns" / label / "1.png"
        path.parent.mkdir(parents=True)
        pixels = np.random.default_rng(place).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    return tmp_path / "lawns"


@pytest.fixture
def jpeg() -> bytes:
    return make_image()
