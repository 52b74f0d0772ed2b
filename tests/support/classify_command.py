"""`meadow classify` of a folder, as a process."""

import json
import subprocess
import sys
from pathlib import Path

from gateway_process import GatewayProcess


class ClassifyCommand:
    """Classifies the folder `photos`, and keeps its results."""

    def __init__(self, gateway: GatewayProcess, folder: Path) -> None:
        self._gateway, self._folder = gateway, folder
        self.out = folder / "out.ndjson"

    def start(self, *options: str) -> "subprocess.Popen[str]":
        """Start it."""
        command = [
            str(Path(sys.executable).with_name("meadow")),
            "classify",
            "photos",
            "--out",
            str(self.out),
            *options,
        ]
        return subprocess.Popen(  # noqa: S603 - our own command
            command,
            env={**self._gateway.env, "COLUMNS": "300"},
            cwd=self._folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def names(self) -> list[str]:
        """Names in the results, in their order."""
        return [json.loads(line)["item"] for line in self.out.read_text().splitlines()]
