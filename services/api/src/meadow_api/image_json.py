"""One image in JSON, as base64 or as a data address."""

import base64
import binascii
import re

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from meadow.schemas.problems import FieldError, ProblemCode
from meadow_api.file_names import shown
from meadow_api.invalid_requests import invalid_body
from meadow_core.errors import ProblemError

IMAGE_LOCATION = "body.image"
BASE64_BYTES = 4 / 3
LINE_BREAKS = 1.06
"""What line breaks add at most, every 76 characters and written as `\\r\\n`."""

_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_WHITE_SPACE = b" \t\r\n"
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/_=\s-]|=(?=[^=\s])")
_DATA_ADDRESS = re.compile(r"data:([^,]{0,255}),", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,9}://", re.IGNORECASE)


class ImageJson(BaseModel):
    """An image as text."""

    model_config = ConfigDict(extra="forbid", strict=True)

    image: str = Field(
        min_length=1,
        description="The file's bytes in base64, of either alphabet, padded or not; or a `data:` address of that.",
        json_schema_extra={"contentEncoding": "base64", "contentMediaType": "image/jpeg"},
    )
    name: str = Field("", max_length=255, description="File name.", examples=["lawn.jpg"])


class LabelledImageJson(ImageJson):
    """An image as text, with what it shows."""

    label: str = Field("", description="What the image shows.", examples=["grass"])
    job_id: str = Field("", description="The job whose answer is corrected.")


def largest_json(max_image_bytes: int) -> int:
    """Return how many bytes the JSON of an image may have."""
    return int(max_image_bytes * BASE64_BYTES * LINE_BREAKS)


def read_image_json(body: bytes, model: type[ImageJson]) -> tuple[bytes, ImageJson]:
    """Read an image, and what was sent with it.

    Raises:
        ProblemError: Not JSON, not what the model describes, or not base64.
    """
    try:
        asked = model.model_validate_json(body)
    except ValidationError as error:
        raise invalid_body(error) from error
    return _decoded(asked.image), asked.model_copy(update={"image": "", "name": shown(asked.name)})


def _decoded(text: str) -> bytes:
    text = text.lstrip()
    if address := _DATA_ADDRESS.match(text):
        if not address[1].lower().endswith(";base64"):
            raise _refused("This data address is not marked as base64: data:image/jpeg;base64,...")
        text = text[address.end() :]
    elif _WEB_ADDRESS.match(text):
        raise _refused("Addresses are not fetched: send the image itself, its bytes in base64.")
    compact = text.encode().translate(_TO_STANDARD, _WHITE_SPACE).rstrip(b"=")
    try:
        return base64.b64decode(compact + b"=" * (-len(compact) % 4), validate=True)
    except binascii.Error as error:
        found = _NOT_BASE64.search(text)
        why = f"it has {found[0]!r} at character {found.start() + 1:,}" if found else f"{error}"
        raise _refused(f"This is not base64: {why}.") from error


def _refused(detail: str) -> ProblemError:
    errors = [FieldError(location=IMAGE_LOCATION, detail=detail)]
    return ProblemError(ProblemCode.INVALID_REQUEST, f"{IMAGE_LOCATION}: {detail}", errors=errors)
