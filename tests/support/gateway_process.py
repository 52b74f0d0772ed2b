"""A gateway as a process of its own."""

import os
import signal
import subprocess
import sys
import time
from typing import Self

import httpx

from meadow_core.settings import Settings
from running_stack import free_ports

START_SECONDS = 120


class GatewayProcess:
    """A gateway that can be killed and started again at the same address."""

    def __init__(self, settings: Settings) -> None:
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MEADOW_")},
            "MEADOW_HOME": str(settings.home),
            "MEADOW_REDIS_URL": settings.redis_url.get_secret_value(),
            "MEADOW_S3_ENDPOINT_URL": settings.s3_endpoint_url,
            "MEADOW_S3_ACCESS_KEY": settings.s3_access_key,
            "MEADOW_S3_SECRET_KEY": settings.s3_secret_key.get_secret_value(),
            "MEADOW_API_PORT": str(self.port),
            "MEADOW_API_URL": self.url,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen([sys.executable, "-m", "meadow_api"], env=self.env)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"{self.url}/healthz")
            except httpx.TransportError:
                assert time.monotonic() < deadline, "the gateway does not start"
                time.sleep(0.05)
            else:
                return self

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.poll() is None

    def stop(self, *, seconds: float) -> int:
        """Ask it to end, as a service manager does, and return its exit status."""
        assert self._process
        self._process.terminate()
        return self._process.wait(seconds)

    def kill(self) -> None:
        """End it without a word."""
        assert self._process
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
