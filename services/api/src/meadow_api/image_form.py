"""One image in a form, with the fields beside it."""

from dataclasses import dataclass, field

from fastapi import Request

from meadow_api.media_types import curl
from meadow_api.multipart_stream import MAX_TEXT_BYTES, FormPart, read_form, unreadable_form

FORM_FIELD = "image"
MAX_FIELDS = 8


@dataclass
class ImageForm:
    """What a form held."""

    name: str
    body: bytes
    media_type: str
    """Of the file, as the form calls it."""
    fields: dict[str, str]


async def read_image_form(request: Request) -> ImageForm:
    """Read a form with one file, in the field `image`.

    Raises:
        ProblemError: It has none there, or several, or cannot be read.
    """
    reading = _Reading(request)
    async for event in read_form(request):
        if isinstance(event, FormPart):
            reading.begin(event)
        else:
            reading.add(event)
    return reading.end()


@dataclass
class _Reading:
    request: Request
    part: FormPart | None = None
    file: FormPart | None = None
    body: bytearray = field(default_factory=bytearray)
    fields: dict[str, bytearray] = field(default_factory=dict)

    def begin(self, part: FormPart) -> None:
        self.part = part
        if part.filename is not None:
            if self.file is not None:
                raise unreadable_form(
                    f"it has several files, and this takes one image a request. Several make a batch: "
                    f"curl {self._batches} -F images=@a.jpg -F images=@b.jpg"
                )
            self.file = part
            return
        self.fields[part.name] = bytearray()
        if len(self.fields) > MAX_FIELDS:
            raise unreadable_form(f"it has more than {MAX_FIELDS} fields beside the image")

    def add(self, piece: bytes) -> None:
        if self.part is self.file:
            self.body += piece
            return
        text = self.fields[self.part.name if self.part else ""]
        text += piece
        if self.part and len(text) > MAX_TEXT_BYTES:
            hint = _AS_A_FILE if self.part.name == FORM_FIELD else ""
            raise unreadable_form(f"its field {self.part.name!r} has more than {MAX_TEXT_BYTES:,} bytes of text{hint}")

    def end(self) -> ImageForm:
        if self.file is None or self.file.name != FORM_FIELD:
            raise unreadable_form(f"{self._found()}. Send: {curl(self.request, f'-F {FORM_FIELD}=@lawn.jpg')}")
        return ImageForm(
            name=self.file.filename or "",
            body=bytes(self.body),
            media_type=self.file.content_type.partition(";")[0].strip().lower(),
            fields={name: text.decode("utf-8", "replace") for name, text in self.fields.items()},
        )

    def _found(self) -> str:
        wanted = f"it has no file in a field named {FORM_FIELD!r}"
        if self.file is not None:
            return f"{wanted}; its file is in {self.file.name!r}"
        if FORM_FIELD in self.fields:
            return f"{wanted}: what is in that field{_IS_TEXT}"
        return f"{wanted}; its fields are {', '.join(map(repr, self.fields))}" if self.fields else wanted

    @property
    def _batches(self) -> str:
        return str(self.request.url.replace(path="/v1/batches", query=""))


_IS_TEXT = " is text, without a file name"
_AS_A_FILE = f"; {FORM_FIELD!r} is sent as a file, with a file name"
