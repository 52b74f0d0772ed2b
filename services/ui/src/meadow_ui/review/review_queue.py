"""The review queue: one page of uncertain answers, and what became of each of them."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from meadow.client import ApiProblem, Client, ClientError
from meadow.schemas.problems import ProblemCode
from meadow.schemas.review import ReviewItem
from meadow_ui.classify.picture import thumbnail
from meadow_ui.labels import SubmittedLabel

PAGE = 12
IMAGE_THREADS = 6

_GONE = "No longer in the queue: somebody else handled it, or it expired."

logger = logging.getLogger(__name__)


@dataclass
class Entry:
    """An uncertain answer. It keeps its place once handled, so that no other image moves under the pointer."""

    item: ReviewItem
    image: bytes = b""
    """Kept while shown, for the gateway deletes its own copy once there is a label."""
    thumbnail: str = ""
    submitted_label: SubmittedLabel | None = None
    removed: bool = False
    """Whether it left the queue without a label from here."""
    submit_error: str = ""
    """Why the last action failed."""
    tries: int = 0
    changing: bool = False

    @property
    def handled(self) -> bool:
        """Whether it has left the queue."""
        return self.submitted_label is not None or self.removed

    def label(self, client: Client, submitted: SubmittedLabel) -> None:
        """Submit a label; it can be changed while the image is available."""
        self._try(lambda: self._send(client, submitted))
        if not self.submit_error:
            self.submitted_label, self.changing = submitted, False

    def forget(self, client: Client) -> None:
        """Remove it from the queue without a label."""
        self._try(lambda: client.forget_review(self.item.id))
        self.removed = self.removed or not self.submit_error

    def _send(self, client: Client, submitted: SubmittedLabel) -> None:
        if self.submitted_label is None:
            client.label_review(self.item.id, submitted.label, new_class=submitted.new_class)
        else:
            client.correct(
                self.image,
                submitted.label,
                job_id=self.item.job_id,
                name=self.item.name,
                new_class=submitted.new_class,
            )

    def _try(self, step: Callable[[], object]) -> None:
        self.tries += 1
        self.submit_error = ""
        try:
            step()
        except ApiProblem as problem:
            gone = problem.code == ProblemCode.NOT_FOUND and self.submitted_label is None
            self.removed = gone
            self.submit_error = _GONE if gone else str(problem)
        except ClientError as error:
            self.submit_error = str(error)


@dataclass
class ReviewQueue:
    """Lives in the visitor's session."""

    entries: list[Entry] = field(default_factory=list)
    total: int = 0
    """Length of the queue when the page was read."""
    tokens: list[str] = field(default_factory=lambda: [""])
    """Page tokens up to and including this page."""
    next_token: str = ""

    @property
    def waiting(self) -> int:
        """Length of the queue now, as far as known."""
        return max(self.total - self.done, 0)

    @property
    def done(self) -> int:
        """Number of handled entries on this page."""
        return sum(entry.handled for entry in self.entries)

    def refresh(self, client: Client, max_pixels: int) -> None:
        """Read the page again, unless an entry was handled: it stays visible, and can be changed.

        Raises:
            ClientError: The request failed; the page is unchanged.
        """
        if not self.done:
            self._read(client, max_pixels)

    def first(self, client: Client, max_pixels: int) -> None:
        """Go to the newest answers.

        Raises:
            ClientError: See `refresh`.
        """
        self._read(client, max_pixels, [""])

    def next(self, client: Client, max_pixels: int) -> None:
        """Skip the entries left open; handled ones are not in the queue any more.

        Raises:
            ClientError: See `refresh`.
        """
        undone = len(self.entries) - self.done
        token = self.tokens[-1]
        if not self.done:
            token = self.next_token
        elif undone:
            page = client.reviews(page_size=undone, page_token=token)
            token = page.next_page_token or token
        self._read(client, max_pixels, [*self.tokens, token] if undone else [*self.tokens[:-1], token])

    def back(self, client: Client, max_pixels: int) -> None:
        """Go to the previous page.

        Raises:
            ClientError: See `refresh`.
        """
        self._read(client, max_pixels, self.tokens[:-1] or [""])

    def _read(self, client: Client, max_pixels: int, tokens: Sequence[str] | None = None) -> None:
        tokens = list(tokens or self.tokens)
        page = client.reviews(page_size=PAGE, page_token=tokens[-1])
        if not page.items and page.total and len(tokens) > 1:
            # Other people have handled everything from here on.
            tokens = [""]
            page = client.reviews(page_size=PAGE)
        known = {entry.item.id: entry for entry in self.entries if not entry.handled}
        self.entries = [known.get(item.id) or Entry(item) for item in page.items]
        self.total, self.next_token, self.tokens = page.total, page.next_page_token, tokens
        _fetch_images(client, self.entries, max_pixels)


def _fetch_images(client: Client, entries: Sequence[Entry], max_pixels: int) -> None:
    """Fetch missing images in parallel; an entry whose image cannot be fetched is shown without."""
    missing = [entry for entry in entries if not entry.image]
    if not missing:
        return
    with ThreadPoolExecutor(IMAGE_THREADS, thread_name_prefix="review-image") as pool:
        for _ in pool.map(lambda entry: _fetch_image(client, entry, max_pixels), missing):
            pass


def _fetch_image(client: Client, entry: Entry, max_pixels: int) -> None:
    try:
        entry.image = client.review_image(entry.item.id)
    except ClientError as error:
        logger.warning("%s: no image: %s", entry.item.name, error)
        return
    entry.thumbnail = thumbnail(entry.image, max_pixels=max_pixels)
