"""A multipart form (RFC 7578), part by part as it comes in: a large file needs neither memory nor disk."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from meadow.problems import ProblemError, ProblemTypes

MAX_PARTS = 1000


@dataclass
class FormPart:
    """The beginning of a part; its bytes follow."""

    name: str
    filename: str | None
    content_type: str


@dataclass
class _Events:
    """What the parser found in a piece of the body."""

    found: list[FormPart | bytes] = field(default_factory=list)
    headers: dict[str, bytes] = field(default_factory=dict)
    header_name: bytes = b""
    header_value: bytes = b""
    parts: int = 0
    whole: bool = False

    def begin(self) -> None:
        self.headers, self.header_name, self.header_value = {}, b"", b""
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise _unreadable(f"it has more than {MAX_PARTS:,} parts")

    def add_name(self, data: bytes, start: int, end: int) -> None:
        self.header_name += data[start:end]

    def add_value(self, data: bytes, start: int, end: int) -> None:
        self.header_value += data[start:end]

    def end_header(self) -> None:
        self.headers[self.header_name.decode("latin-1").lower()] = self.header_value
        self.header_name = self.header_value = b""

    def end_headers(self) -> None:
        _, options = parse_options_header(self.headers.get("content-disposition", b""))
        if b"name" not in options:
            raise _unreadable("a part of it has no name")
        filename = options.get(b"filename")
        self.found.append(
            FormPart(
                name=options[b"name"].decode("utf-8", "replace"),
                filename=None if filename is None else filename.decode("utf-8", "replace"),
                content_type=self.headers.get("content-type", b"").decode("latin-1"),
            )
        )

    def add_data(self, data: bytes, start: int, end: int) -> None:
        self.found.append(data[start:end])

    def finish(self) -> None:
        self.whole = True


async def read_form(request: Request) -> AsyncIterator[FormPart | bytes]:
    """Yield the beginning of each part, and then its bytes.

    Raises:
        ProblemError: It is no multipart form, damaged, or cut short.
    """
    _, options = parse_options_header(request.headers["content-type"])
    boundary = options.get(b"boundary")
    if not boundary:
        raise _unreadable("its content type names no boundary")
    events = _Events()
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": events.begin,
            "on_header_field": events.add_name,
            "on_header_value": events.add_value,
            "on_header_end": events.end_header,
            "on_headers_finished": events.end_headers,
            "on_part_data": events.add_data,
            "on_end": events.finish,
        },
    )
    async for piece in request.stream():
        try:
            parser.write(piece)
        except FormParserError as error:
            raise _unreadable(str(error)) from error
        found, events.found = events.found, []
        for event in found:
            yield event
    if not events.whole:
        raise _unreadable("it is cut short")


def _unreadable(why: str) -> ProblemError:
    return ProblemError(ProblemTypes.MALFORMED, f"The form cannot be read: {why}.")
