"""A real worker over the stores of a test, started again whenever it dies, as a supervisor does."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import psutil
from pydantic import SecretStr

from meadow_core.settings import Settings

RESTART_SECONDS = 0.1


class WorkerProcess:
    """Runs a script that is a worker."""

    def __init__(self, script: Path, settings: Settings, log: Path) -> None:
        self._command = [sys.executable, str(script)]
        values = {name: getattr(settings, name) for name in settings.model_fields_set}
        shown = {name: v.get_secret_value() if isinstance(v, SecretStr) else str(v) for name, v in values.items()}
        self._env = os.environ | {f"MEADOW_{name.upper()}": value for name, value in shown.items()}
        self._log = log
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._supervise)
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self.kill()
        self._thread.join()

    def kill(self) -> None:
        """End the main process and its children at once: nothing is left to give anything back."""
        if self._process is None or self._process.poll() is not None:
            return
        main = psutil.Process(self._process.pid)
        for process in (main, *main.children(recursive=True)):
            process.send_signal(signal.SIGKILL)

    def _supervise(self) -> None:
        with self._log.open("ab") as log:
            while not self._stop.is_set():
                self.starts += 1
                self._process = subprocess.Popen(self._command, env=self._env, stdout=log, stderr=log)  # noqa: S603
                self._process.wait()
                self._stop.wait(RESTART_SECONDS)
