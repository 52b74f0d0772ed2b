"""What is asked of a server, and how its answer is read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from meadow_bench.load.connection import Response

T = TypeVar("T")

BOUNDARY = b"meadow-bench-boundary"


@dataclass(frozen=True)
class Target(Generic[T]):
    """An address that takes images."""

    port: int
    path: str
    read: Callable[[Response], T]
    """A module's function: it goes to another process. Raises `UnexpectedAnswerError` for what is no answer."""
    headers: tuple[tuple[str, str], ...] = ()
    form_field: str = ""
    """Sends the image as this file of a form; as the body itself when left out."""

    def request(self, image: bytes) -> list[bytes]:
        """The request for an image, in the pieces that are written."""
        content_type, before, after = "image/jpeg", b"", b""
        if self.form_field:
            content_type = f"multipart/form-data; boundary={BOUNDARY.decode()}"
            disposition = f'Content-Disposition: form-data; name="{self.form_field}"; filename="image.jpg"'
            before = b"--%b\r\n%b\r\nContent-Type: image/jpeg\r\n\r\n" % (BOUNDARY, disposition.encode())
            after = b"\r\n--%b--\r\n" % BOUNDARY
        length = len(before) + len(image) + len(after)
        lines = [
            f"POST {self.path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Content-Type: {content_type}",
            f"Content-Length: {length}",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        return ["\r\n".join([*lines, "", ""]).encode() + before, image, after]


class UnexpectedAnswerError(Exception):
    """A server answered something else than it was asked for."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"status {response.status}: {response.body[:300].decode(errors='replace')}")
