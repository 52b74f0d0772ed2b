"""How one image is sent, for OpenAPI: bodies are read by hand, so that their size is limited while they come in."""

from typing import Any

from meadow.image_files.types import IMAGE_TYPES
from meadow_api.image_form import FORM_FIELD
from meadow_api.image_json import ImageJson, LabelledImageJson
from meadow_api.media_types import FORM, JSON
from meadow_api.uploads import NAME_HEADER

_MEDIA_TYPES = [kind.media_type for kind in IMAGE_TYPES]
_BINARY = {"type": "string", "format": "binary"}
_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mNgaGAAAAEEAIFOCxQJAAAAAElFTkSuQmCC"
"""A PNG of one pixel, which can be sent as it stands here."""


def _request_body(model: type[ImageJson], **fields: dict[str, Any]) -> dict[str, Any]:
    form = {
        "type": "object",
        "required": [FORM_FIELD],
        "properties": {FORM_FIELD: {**_BINARY, "contentMediaType": _MEDIA_TYPES[0]}, **fields},
    }
    return {
        "required": True,
        "content": {
            **{media_type: {"schema": _BINARY} for media_type in _MEDIA_TYPES},
            "application/octet-stream": {"schema": _BINARY},
            FORM: {"schema": form, "encoding": {FORM_FIELD: {"contentType": ", ".join(_MEDIA_TYPES)}}},
            JSON: {
                "schema": model.model_json_schema(),
                "examples": {
                    "base64": {"summary": "The bytes in base64", "value": {"image": _PIXEL, "name": "pixel.png"}},
                    "data": {
                        "summary": "A data address, as canvas.toDataURL() gives it",
                        "value": {"image": f"data:image/png;base64,{_PIXEL}"},
                    },
                },
            },
        },
    }


CLASSIFICATION_BODY = _request_body(ImageJson)
CORRECTION_BODY = _request_body(LabelledImageJson, label={"type": "string"}, job_id={"type": "string"})

NAME_PARAMETERS: list[dict[str, Any]] = [
    {
        "name": place,
        "in": where,
        "required": False,
        "schema": {"type": "string"},
        "description": description,
    }
    for place, where, description in (
        (NAME_HEADER, "header", "File name of an image that is the body, percent-encoded; or a `Content-Disposition`."),
        ("name", "query", "The same, where no header gives it."),
    )
]
