"""Tell an image's media type, by its first bytes before its name: names are often wrong."""

import mimetypes

_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)

UNKNOWN = "application/octet-stream"


def media_type(data: bytes, name: str = "") -> str:
    """Guess the media type of an image; the gateway decides whether it is one it reads."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return mimetypes.guess_type(name)[0] or UNKNOWN
