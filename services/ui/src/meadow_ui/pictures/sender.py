"""Submits pictures and polls for their answers in threads of its own, so that pages are drawn meanwhile."""

import base64
import logging
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from time import monotonic, sleep

from meadow.client import ClientError, MeadowClient
from meadow.client.folder.shrink import WORTHWHILE_BYTES, shrink_to_limit
from meadow.explanations import Explanation, ExplanationState
from meadow.jobs.model import Job
from meadow_ui.pictures.picture import Picture
from meadow_ui.pictures.thumbnail import thumbnail

THREADS = 8
HOLD_SECONDS = 1
"""How long one poll is held: short, for the polls of many pictures take turns on few threads."""

SHORTEST_POLL = 0.1
"""Pause for a gateway that does not hold polls."""

logger = logging.getLogger(__name__)

_Step = Callable[[], None]
_Task = tuple[Picture, _Step]


class Sender:
    """Works off submissions and polls in the order in which they come due.

    The threads are daemons: pages that are told to stop do not wait for answers.
    """

    def __init__(self, client: MeadowClient, *, max_pixels: int, threads: int = THREADS) -> None:
        self._client = client
        self._max_pixels = max_pixels
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, name=f"sender-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def send(self, picture: Picture) -> None:
        """Have a picture classified; the picture itself tells how far it is."""
        self._tasks.put((picture, lambda: self._submit(picture)))

    def close(self) -> None:
        """Stop after what is being asked right now."""
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
                # One that nobody foresaw must not cost the thread, nor leave the picture on its way for ever.
                logger.exception("%s: unexpected error", picture.name)
                picture.fail(error)

    def _submit(self, picture: Picture) -> None:
        if picture.dropped:
            return
        picture.thumbnail = picture.thumbnail or thumbnail(picture.data, max_pixels=self._max_pixels)
        self._ask(picture, lambda: self._progress(picture, self._submitted(picture)))

    def _submitted(self, picture: Picture) -> Job:
        if len(picture.data) >= WORTHWHILE_BYTES:
            # What is kept is what was sent: it is sent again with a label.
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
            # Before the answer: a picture that is answered is not looked after any more.
            try:
                png = self._client.explanation(job.id)
                picture.overlay = "data:image/png;base64," + base64.b64encode(png).decode()
            except ClientError as error:
                logger.warning("%s: no explanation: %s", picture.name, error)
                detail = "The explanation could not be fetched."
                unavailable = Explanation(state=ExplanationState.UNAVAILABLE, detail=detail)
                job = job.model_copy(update={"explanation": unavailable})
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
