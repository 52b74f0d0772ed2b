"""The home folder: everything the stack keeps, and nothing else, so that one command can delete it."""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from meadow.settings import STACK_ENV_FILE
from meadow_local.errors import StackError

MARKER = ".meadow-home"
MARKER_TEXT = "State of a Meadow stack. `meadow reset` deletes this folder.\n"

SOCKET_PATH_LIMIT = 90
"""Unix socket paths end at about 104 bytes, and supervisord appends its process id while it binds."""

LEAST_FREE_BYTES = 1024**3


@dataclass(frozen=True)
class Home:
    """Where the stack's files lie."""

    root: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """The folder that `MEADOW_HOME` names, else `.meadow` here."""
        return cls(Path(os.environ.get("MEADOW_HOME") or ".meadow").absolute())

    @property
    def env_file(self) -> Path:
        """Settings and secrets that every part reads."""
        return self.root / STACK_ENV_FILE

    @property
    def lock_file(self) -> Path:
        """Held by the one command that starts or stops processes of this home."""
        return self.run / "lock"

    @property
    def run(self) -> Path:
        """Files made for the running processes."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        """One log a part."""
        return self.root / "logs"

    def log_file(self, part: str) -> Path:
        """A part's log."""
        return self.logs / f"{part}.log"

    @property
    def socket(self) -> Path:
        """Where supervisord listens; beside other temporary files when the home lies too deep for a socket."""
        path = self.run / "supervisord.sock"
        if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
            return path
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"meadow-{os.getuid()}-{digest}.sock"

    @property
    def supervisord_conf(self) -> Path:
        """What supervisord is started with."""
        return self.run / "supervisord.conf"

    @property
    def pid_file(self) -> Path:
        """Where supervisord leaves its process id."""
        return self.run / "supervisord.pid"

    @property
    def is_claimed(self) -> bool:
        """Whether the folder is a Meadow home."""
        return (self.root / MARKER).is_file()

    def claim(self) -> None:
        """Make the folder a Meadow home.

        Raises:
            StackError: It holds someone else's files, which a reset would delete, or cannot be written.
        """
        if not self.is_claimed:
            self._make()
        for folder in (self.run, self.logs):
            folder.mkdir(exist_ok=True)

    def check_space(self) -> None:
        """Refuse a disk that is about to be full: half-written state is worse than none."""
        free = shutil.disk_usage(self.root).free
        if free < LEAST_FREE_BYTES:
            raise StackError(
                f"Only {free // 1024**2} MiB are free on the disk of {self.root}; the stack needs at least "
                f"{LEAST_FREE_BYTES // 1024**2} MiB. Free some space, or set MEADOW_HOME to another disk."
            )

    def require_claimed(self) -> None:
        """Refuse a folder that is not a Meadow home.

        Raises:
            StackError: It has no marker.
        """
        if not self.is_claimed:
            raise StackError(f"{self.root} is not a Meadow home (it has no {MARKER}): nothing was deleted.")

    def delete(self) -> None:
        """Delete the folder and all that is in it, if it is a Meadow home."""
        self.require_claimed()
        shutil.rmtree(self.root)

    def _make(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            if any(self.root.iterdir()):
                raise StackError(
                    f"{self.root} holds files that are not Meadow's. Set MEADOW_HOME to a new or empty folder."
                )
            (self.root / MARKER).write_text(MARKER_TEXT)
        except OSError as error:
            raise StackError(f"{self.root} cannot be the stack's home: {error.strerror}.") from error
