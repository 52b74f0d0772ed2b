"""Sending packs: a few threads, each of which reads, packs and sends one pack at a time."""

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from meadow.client.client import Client
from meadow.client.folder.files import NamedFile
from meadow.client.folder.plan import Plan
from meadow.client.folder.shrink import ShrinkError, shrink
from meadow.packs import build_pack
from meadow.schemas.items import ItemResult
from meadow.schemas.jobs import Job
from meadow.schemas.problems import ProblemCode

UPLOAD_THREADS = 4
"""So many packs are in memory at a time; as many as a gateway takes in at once."""

CLOSING_SECONDS = 1.0
"""How long packs on their way are waited for when the upload ends early."""


@dataclass
class PackUpload:
    """The upload of a plan's packs into a batch."""

    client: Client
    batch_id: str
    plan: Plan
    unreadable: dict[str, ItemResult] = field(default_factory=dict)
    """Files that could not be read here, by name, with the reason."""

    def send(self, numbers: Iterable[int]) -> Iterator[tuple[int, Job]]:
        """Send packs; yield each one's number and the batch as it was afterwards, in the order in which they arrive.

        Raises:
            ClientError: The first failure of any of them.
        """
        waiting = iter(numbers)
        taking = threading.Lock()
        stopped = threading.Event()
        outcomes: SimpleQueue[tuple[int, Job] | Exception | None] = SimpleQueue()

        def work() -> None:
            try:
                while not stopped.is_set():
                    with taking:
                        number = next(waiting, None)
                    if number is None:
                        break
                    outcomes.put((number, self._send_one(number)))
            except Exception as error:  # noqa: BLE001 - raised again below
                outcomes.put(error)
            outcomes.put(None)

        # Daemons: Ctrl-C must not wait for uploads that are being retried.
        threads = [threading.Thread(target=work, name="pack upload", daemon=True) for _ in range(UPLOAD_THREADS)]
        for thread in threads:
            thread.start()
        running = UPLOAD_THREADS
        try:
            while running:
                outcome = outcomes.get()
                if outcome is None:
                    running -= 1
                elif isinstance(outcome, Exception):
                    raise outcome
                else:
                    yield outcome
        finally:
            stopped.set()
            deadline = time.monotonic() + CLOSING_SECONDS
            for thread in threads:
                thread.join(max(0.0, deadline - time.monotonic()))

    def _send_one(self, number: int) -> Job:
        # The files' own bytes are let go before the pack is sent.
        pack = build_pack(list(self._images(number)))
        return self.client.send_pack(self.batch_id, number, pack)

    def _images(self, number: int) -> Iterator[tuple[str, bytes]]:
        """Read a pack's files; large photographs are made smaller."""
        files = self.plan.files_of(number)
        spare = self.plan.pack_room - sum(map(self._planned_bytes, files))
        for file in files:
            body, planned = self._read(file), self._planned_bytes(file)
            if len(body) > planned:
                body = self._shrunk(file, body, min(self.plan.max_image_bytes, planned + spare))
                spare -= max(len(body) - planned, 0)
            yield file.name, body

    def _planned_bytes(self, file: NamedFile) -> int:
        return self.plan.shrink.planned_bytes(file.name, file.size) if self.plan.shrink else file.size

    def _read(self, file: NamedFile) -> bytes:
        """Read a file; one that cannot be is sent empty, so that the batch has an item for every file of the plan."""
        try:
            with Path(file.path).open("rb", buffering=0) as opened:
                # One byte more than planned, to notice a file that has grown without reading all of it.
                body = opened.read(file.size + 1)
        except OSError as error:
            return self._give_up(file, "file-unreadable", f"The file cannot be read: {error.strerror}.")
        if len(body) != file.size:
            detail = "The file changed after the run was planned. Classify it again."
            return self._give_up(file, "file-changed", detail)
        return body

    def _shrunk(self, file: NamedFile, body: bytes, room: int) -> bytes:
        """Make a photograph smaller for which no more room is planned; one that cannot be is sent whole if it fits."""
        shrinking = self.plan.shrink
        if shrinking is None:
            return body
        try:
            small = shrink(body, shrinking.shorter_side, max_pixels=shrinking.max_pixels)
            reason = "it stays too large when it is made smaller"
        except ShrinkError as error:
            small, reason = body, f"it cannot be made smaller: {error}"
        if len(small) <= room:
            return small
        detail = f"The file has {file.size:,} bytes; at most {room:,} are accepted here, and {reason}"
        return self._give_up(file, ProblemCode.TOO_LARGE, f"{detail.rstrip('.')}.")

    def _give_up(self, file: NamedFile, code: str, detail: str) -> bytes:
        self.unreadable[file.name] = ItemResult.failure(file.name, code, detail)
        return b""
