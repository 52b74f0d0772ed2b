"""File names as clients send them: in a header of the request or of a form's part, in one of many encodings.

Browsers and curl send raw UTF-8, others `filename*` (RFC 8187), percent-encoding (RFC 7578), encoded words (RFC 2047),
or bytes of an older character set. A name is a label only: one that cannot be read is no reason to refuse its file.
"""

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from urllib.parse import unquote_to_bytes

MAX_NAME_CHARACTERS = 1024
UTF_8 = "utf-8"
FALLBACK_CHARSET = "latin-1"
"""Takes any byte, and is what names that are no UTF-8 most often are written in."""

_ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bq]\?[^?]*\?=", re.IGNORECASE)
_EXTENDED_VALUE = re.compile(r"([A-Za-z0-9!#$%&+^_`{}~-]+)'[A-Za-z0-9-]*'(.*)", re.DOTALL)
_ESCAPED_BYTE = re.compile(r"%[89A-Fa-f][0-9A-Fa-f]")
"""A percent-encoded byte beyond ASCII."""
_ESCAPED_BY_BROWSERS = {"%22": '"', "%0d": "\r", "%0a": "\n"}
"""All that browsers percent-encode in a form's names (HTML standard); a `%20` in one is part of the file's own name."""
_BROWSERS_ESCAPE = re.compile("|".join(_ESCAPED_BY_BROWSERS), re.IGNORECASE)
_NOT_SHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_WINDOWS_PATH = re.compile(r"[A-Za-z]:\\|\\\\")


def disposition_name(header: bytes) -> str | None:
    """Return the file name in a Content-Disposition, `filename*` before `filename`; None when it holds neither."""
    message = Message()
    message["content-disposition"] = header.decode(FALLBACK_CHARSET).replace("\r", " ").replace("\n", " ")
    names: list[str] = []
    for parameter, value in message.get_params([], header="content-disposition"):
        if parameter.lower() != "filename":
            continue
        if isinstance(value, tuple):
            charset, _, text = value
            names.insert(0, shown(_decoded(text.encode(FALLBACK_CHARSET, "replace"), charset or UTF_8)))
        else:
            names.append(plain_name(value.encode(FALLBACK_CHARSET, "replace")))
    if not names:
        return None
    return next(filter(None, map(_last_of_windows_path, names)), "")


def plain_name(raw: bytes) -> str:
    """Read a name that stands in a form's part as it is."""
    text = _words(_decoded(raw))
    if text.isascii() and _ESCAPED_BYTE.search(text):
        return shown(_decoded(unquote_to_bytes(text)))
    return shown(_BROWSERS_ESCAPE.sub(lambda match: _ESCAPED_BY_BROWSERS[match[0].lower()], text))


def header_name(raw: bytes) -> str:
    """Read a name that is a header's whole value, percent-encoded as a rule: a header has room for ASCII alone."""
    text = _words(_decoded(raw)).strip()
    if extended := _EXTENDED_VALUE.fullmatch(text):
        return shown(_decoded(unquote_to_bytes(extended[2]), extended[1]))
    return shown(_decoded(unquote_to_bytes(text)))


def shown(name: str) -> str:
    """Write what cannot be shown as escapes, and shorten what is too long."""
    return _NOT_SHOWN.sub(lambda match: match[0].encode("unicode_escape").decode(), name)[:MAX_NAME_CHARACTERS]


def _decoded(raw: bytes, charset: str = UTF_8) -> str:
    for candidate in (charset, UTF_8):
        try:
            return raw.decode(candidate)
        except (LookupError, ValueError):
            continue
    return raw.decode(FALLBACK_CHARSET)


def _words(text: str) -> str:
    """Decode encoded words, if there are any."""
    if not _ENCODED_WORD.search(text):
        return text
    try:
        parts = decode_header(text)
    except (HeaderParseError, ValueError):
        return text
    words = (part if isinstance(part, str) else _decoded(part, charset or UTF_8) for part, charset in parts)
    return "".join(words) or text


def _last_of_windows_path(name: str) -> str:
    """Drop the folders of a whole Windows path, which some browsers send."""
    return name.rpartition("\\")[2] if _WINDOWS_PATH.match(name) else name
