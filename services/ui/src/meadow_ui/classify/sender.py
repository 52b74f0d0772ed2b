"""Background submission of images, and polling for their results, so that drawing a page never waits."""

import base64
import logging
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from time import monotonic, sleep

from meadow.client import Client, ClientError
from meadow.client.folder.shrink import WORTHWHILE_BYTES, shrink_to_limit
from meadow.schemas.explanations import Explanation, ExplanationState
from meadow.schemas.jobs import Job
from meadow_ui.classify.picture import Picture, thumbnail
from meadow_ui.classify.similar import find_similar

THREADS = 8
HOLD_SECONDS = 1
"""How long the gateway holds a poll: short, for the polls of many images share few threads."""

SHORTEST_POLL = 0.1
"""Shortest interval between polls, for a gateway that does not hold them."""

logger = logging.getLogger(__name__)

_Step = Callable[[], None]
_Task = tuple[Picture, _Step]


class Sender:
    """Thread pool that runs submissions and polls in the order in which they come due.

    The threads are daemons: a server that is stopped does not wait for results.
    """

    def __init__(self, client: Client, *, max_pixels: int, threads: int = THREADS) -> None:
        self._client = client
        self._max_pixels = max_pixels
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, name=f"sender-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def send(self, picture: Picture) -> None:
        """Submit an image for classification; the picture itself records the progress."""
        self._tasks.put((picture, lambda: self._submit(picture)))

    def close(self) -> None:
        """Stop after the requests in progress."""
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join(timeout=HOLD_SECONDS * 3)
        self._client.close()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            picture, step = task
            try:
                step()
            except Exception as error:
                # An unexpected error must neither end the thread nor leave the image pending for ever.
                logger.exception("%s: unexpected error", picture.name)
                picture.fail(error)

    def _submit(self, picture: Picture) -> None:
        if picture.dropped:
            return
        picture.thumbnail = picture.thumbnail or thumbnail(picture.data, max_pixels=self._max_pixels)
        self._ask(picture, lambda: self._progress(picture, self._submitted(picture)))

    def _submitted(self, picture: Picture) -> Job:
        if len(picture.data) >= WORTHWHILE_BYTES:
            # Kept as sent, for it may be sent again with a label.
            picture.data = shrink_to_limit(picture.data, self._client.limits())
        return self._client.submit_image(picture.data, name=picture.name, explain=picture.explain)

    def _poll(self, picture: Picture, job_id: str) -> None:
        if picture.dropped:
            with suppress(ClientError):
                self._client.cancel(job_id)
            return
        asked = monotonic()
        self._ask(picture, lambda: self._progress(picture, self._client.job(job_id, wait=HOLD_SECONDS)))
        if not picture.finished:
            sleep(max(SHORTEST_POLL - (monotonic() - asked), 0))

    def _progress(self, picture: Picture, job: Job) -> None:
        if job.explanation and job.explanation.state is ExplanationState.READY:
            # Fetched before the result is recorded: a finished picture is not polled any more.
            try:
                png = self._client.explanation(job.id)
                picture.overlay = "data:image/png;base64," + base64.b64encode(png).decode()
            except ClientError as error:
                logger.warning("%s: no explanation: %s", picture.name, error)
                detail = "The explanation could not be fetched."
                unavailable = Explanation(state=ExplanationState.UNAVAILABLE, detail=detail)
                job = job.model_copy(update={"explanation": unavailable})
            picture.similar = find_similar(self._client, job, max_pixels=self._max_pixels)
        picture.progress(job)

    def _ask(self, picture: Picture, step: _Step) -> None:
        try:
            step()
        except ClientError as error:
            logger.warning("%s: %s", picture.name, error)
            picture.fail(error)
        job = picture.job
        if job is not None and not picture.finished:
            self._tasks.put((picture, lambda: self._poll(picture, job.id)))
