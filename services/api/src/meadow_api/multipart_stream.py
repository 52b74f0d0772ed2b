"""A multipart form (RFC 7578), part by part as it comes in: a large file needs neither memory nor disk."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from meadow.schemas.problems import ProblemCode
from meadow_api.file_names import disposition_name, plain_name
from meadow_core.errors import ProblemError

MAX_PARTS = 1000
MAX_TEXT_BYTES = 4096
"""Of a field that is no file."""


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
            raise unreadable_form(f"it has more than {MAX_PARTS:,} parts")

    def add_name(self, data: bytes, start: int, end: int) -> None:
        self.header_name += data[start:end]

    def add_value(self, data: bytes, start: int, end: int) -> None:
        self.header_value += data[start:end]

    def end_header(self) -> None:
        self.headers[self.header_name.decode("latin-1").lower()] = self.header_value
        self.header_name = self.header_value = b""

    def end_headers(self) -> None:
        disposition = self.headers.get("content-disposition", b"")
        _, options = parse_options_header(disposition)
        if b"name" not in options:
            raise unreadable_form("a part of it has no name")
        self.found.append(
            FormPart(
                name=plain_name(options[b"name"]),
                filename=disposition_name(disposition),
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
        raise unreadable_form(
            "its Content-Type names no boundary. Leave that header to what builds the form, as curl -F does: it knows "
            "the boundary"
        )
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
            raise unreadable_form(str(error)) from error
        found, events.found = events.found, []
        for event in found:
            yield event
    if not events.whole:
        raise unreadable_form("it is cut short")


def unreadable_form(why: str) -> ProblemError:
    """Describe a form that is damaged, or does not hold what it should."""
    return ProblemError(ProblemCode.MALFORMED, f"The form cannot be read: {why}.")
