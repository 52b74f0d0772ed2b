"""What schemathesis cannot make up: images of every type, packs, and the ids of things that exist."""

import base64
import io
import itertools
import json
import os
from collections.abc import Iterator
from typing import Any

import schemathesis
from hypothesis import strategies as st
from PIL import Image
from schemathesis.transport.serialization import Binary

from meadow.image_files.types import IMAGE_TYPES
from meadow.packs import PACK_TYPE, build_pack
from meadow_core.bundle.decode import ImageRejectedError, check_header

KEY_HEADER = "idempotency-key"
EXISTING: dict[str, list[str]] = json.loads(os.environ["EXISTING_IDS"])
"""Path parameter -> values that the gateway knows."""


def image(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 12), "green").save(buffer, kind)
    return buffer.getvalue()


JPEG = image("JPEG")


def readable_image(kind: str) -> bytes:
    """An image of a type, or a JPEG where this installation does not read or write that."""
    try:
        body = image(kind)
        check_header(body, max_pixels=1000)
    except (KeyError, OSError, ImageRejectedError):
        return JPEG
    return body


IMAGES = {kind.media_type: readable_image(kind.format) for kind in IMAGE_TYPES}
for media_type, body in IMAGES.items():
    schemathesis.openapi.media_type(media_type, st.just(body))
schemathesis.openapi.media_type("application/octet-stream", st.sampled_from(list(IMAGES.values())))
schemathesis.openapi.format("binary", st.just(Binary(JPEG)))
schemathesis.openapi.media_type(PACK_TYPE, st.just(build_pack([("lawn.jpg", JPEG)])))

EVENTS_PATH = "/v1/jobs/{job_id}/events"
finished = itertools.cycle([*EXISTING.pop("finished_job_id"), "job_absent"])
key_numbers = itertools.count()
# Each value in turn, and at the end of a turn what was generated.
existing: dict[str, Iterator[str | None]] = {
    name: itertools.cycle([*values, None]) for name, values in EXISTING.items()
}


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: "schemathesis.Case[Any]", kwargs: dict[str, Any]) -> None:
    """Mend what generated data cannot know, and leave alone what is meant to be refused."""
    del context, kwargs
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if case.operation.path == EVENTS_PATH:
        # A stream ends with its job, and these are the only ones that do.
        case.path_parameters = {"job_id": next(finished)}
        return
    for name in case.path_parameters or {}:
        if name in existing and (value := next(existing[name])):
            case.path_parameters = {**case.path_parameters, name: value}
    # The same key with another request is refused, and rightly.
    if KEY_HEADER in case.headers:
        case.headers[KEY_HEADER] = f"{case.headers[KEY_HEADER][:200]}-{next(key_numbers)}"
    # JSON hardly ever has base64 by chance, let alone of an image.
    if isinstance(case.body, dict) and isinstance(case.body.get("image"), str):
        case.body = {**case.body, "image": base64.b64encode(JPEG).decode()}
