"""A web server with images: some come late, some are not there at first, some lie elsewhere."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from fake_gateway import ScriptedServer
from fake_gateway.server import Answer, Asked


class ImageHost(ScriptedServer):
    """Answers each path with its pages, one after another, the last one for good; unknown paths with 404."""

    def __init__(self) -> None:
        super().__init__()
        self.delay = 0.0
        self.most_at_once = 0
        self._pages: dict[str, list[Answer]] = {}
        self._lock = threading.Lock()
        self._at_once = 0

    def put(self, path: str, *pages: Answer | bytes) -> str:
        """Set what a path answers, and return its URL."""
        self._pages[path] = [page if isinstance(page, Answer) else Answer(content=page) for page in pages]
        return f"{self.url}{path}"

    def put_all(self, images: Mapping[str, bytes]) -> list[str]:
        """Set many paths."""
        return [self.put(path, body) for path, body in images.items()]

    @property
    def requests(self) -> Counter[str]:
        """How often each path was asked for."""
        return Counter(asked.path for asked in self.asked)

    def respond(self, request: Asked) -> Answer:
        """Answer from the pages."""
        with self._entered():
            self.asked.append(request)
            time.sleep(self.delay)
            with self._lock:
                pages = self._pages.get(request.path, [Answer(404)])
                page = pages.pop(0) if len(pages) > 1 else pages[0]
            etag = page.headers.get("ETag")
            return Answer(304) if etag and request.headers["If-None-Match"] == etag else page

    @contextmanager
    def _entered(self) -> Iterator[None]:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1
