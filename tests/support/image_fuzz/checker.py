"""Running cases in a child process, so that one that kills it is a finding and not the end."""

import json
import os
import select
import struct
import subprocess
import sys
from collections import Counter
from types import TracebackType
from typing import Self

SECONDS = 20
PEAK_BYTES = 500 << 20
"""Of the whole child, about 120 MB of which are there before the first case."""


class Checker:
    """A child that decodes; replaced when it dies or hangs."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        """How often what came of decoding."""
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def check(self, body: bytes) -> str:
        """Decode a file; returns what is wrong with how it went, or nothing."""
        self._child = child = self._child or self._start()
        assert child.stdin
        assert child.stdout
        try:
            child.stdin.write(struct.pack(">L", len(body)) + body)
            child.stdin.flush()
        except BrokenPipeError:
            return self._died()
        if not select.select([child.stdout], [], [], SECONDS)[0]:
            self._end()
            return f"no answer within {SECONDS} s"
        line = child.stdout.readline()
        if not line:
            return self._died()
        answer = json.loads(line)
        if answer["peak"] > PEAK_BYTES:
            self._end()
            return f"{answer['peak'] >> 20} MB of memory"
        self.counts.update(f"{target}: {what}" for target, what in answer["outcomes"].items() if len(what) < 10)
        return "\n".join(f"{target}: {what}" for target, what in answer["outcomes"].items() if "Traceback" in what)

    @staticmethod
    def _start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-W", "ignore", "-m", "image_fuzz.child"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.Popen(  # noqa: S603 - our own
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def _died(self) -> str:
        status = self._child.wait() if self._child else 0
        self._end()
        return f"the process died with status {status}"

    def _end(self) -> None:
        if self._child:
            self._child.kill()
            self._child.wait()
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe:
                    try:
                        pipe.close()
                    except BrokenPipeError:
                        continue
        self._child = None
