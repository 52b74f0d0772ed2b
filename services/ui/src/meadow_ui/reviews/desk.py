"""The page of uncertain answers that a person has before them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from meadow.client import MeadowClient
from meadow_ui.reviews.entry import Entry
from meadow_ui.reviews.images import fetch_images

PAGE = 12


@dataclass
class Desk:
    """Lives in the visitor's session."""

    entries: list[Entry] = field(default_factory=list)
    total: int = 0
    """How many waited when the page was read."""
    tokens: list[str] = field(default_factory=lambda: [""])
    """Of this page, after those before it."""
    next_token: str = ""

    @property
    def waiting(self) -> int:
        """How many wait now, as far as is known here."""
        return max(self.total - self.done, 0)

    @property
    def done(self) -> int:
        """How many of this page have been dealt with."""
        return sum(entry.dealt_with for entry in self.entries)

    def refresh(self, client: MeadowClient, max_pixels: int) -> None:
        """Read the page, unless something on it has been dealt with: that stays to be seen, and changed.

        Raises:
            ClientError: The gateway cannot tell; the page is left as it is.
        """
        if not self.done:
            self._read(client, max_pixels)

    def first(self, client: MeadowClient, max_pixels: int) -> None:
        """Go to the newest answers.

        Raises:
            ClientError: As above.
        """
        self._read(client, max_pixels, [""])

    def next(self, client: MeadowClient, max_pixels: int) -> None:
        """Go past those that were left undone: what was dealt with is not in the list any more.

        Raises:
            ClientError: As above.
        """
        undone = len(self.entries) - self.done
        token = self.tokens[-1]
        if not self.done:
            token = self.next_token
        elif undone:
            page = client.reviews(page_size=undone, page_token=token)
            token = page.next_page_token or token
        self._read(client, max_pixels, [*self.tokens, token] if undone else [*self.tokens[:-1], token])

    def back(self, client: MeadowClient, max_pixels: int) -> None:
        """Go to the page before.

        Raises:
            ClientError: As above.
        """
        self._read(client, max_pixels, self.tokens[:-1] or [""])

    def _read(self, client: MeadowClient, max_pixels: int, tokens: Sequence[str] | None = None) -> None:
        tokens = list(tokens or self.tokens)
        page = client.reviews(page_size=PAGE, page_token=tokens[-1])
        if not page.items and page.total and len(tokens) > 1:
            # Others have worked the list off up to here.
            tokens = [""]
            page = client.reviews(page_size=PAGE)
        known = {entry.item.id: entry for entry in self.entries if not entry.dealt_with}
        self.entries = [known.get(item.id) or Entry(item) for item in page.items]
        self.total, self.next_token, self.tokens = page.total, page.next_page_token, tokens
        fetch_images(client, self.entries, max_pixels)
