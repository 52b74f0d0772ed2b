"""Job ids that sort by time and carry a mark by which we know them again.

Once a record's retention is over nothing of it is left in Redis; the mark still tells an id that was given out
(410 Gone) from one that never was (404 Not Found).
"""

import base64
import hashlib
import hmac
import math
import os
import time

from meadow.schemas.jobs import JobKind

PREFIXES = {JobKind.CLASSIFICATION: "job", JobKind.BATCH: "batch", JobKind.TRAINING: "run", JobKind.INGEST: "ingest"}
UPLOAD_PREFIX = "upload"
STAMP_BYTES = 12
MARK_BYTES = 3
ID_BYTES = STAMP_BYTES + MARK_BYTES


class JobIds:
    """Makes and recognises the ids of jobs and of uploads.

    An id is `<kind>_` and 24 characters: 48 bits of Unix time in milliseconds, 48 random bits, and 24 bits of a
    keyed hash (HMAC, RFC 2104) over both, in lower-case base32hex (RFC 4648), which keeps their order.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def new(self, kind: JobKind) -> str:
        """Make a job's id."""
        return self._new(PREFIXES[kind])

    def new_upload(self) -> str:
        """Make an upload's id."""
        return self._new(UPLOAD_PREFIX)

    def is_ours(self, job_id: str) -> bool:
        """Whether the id is a job's and was made with this secret."""
        return self._prefix_of(job_id) in PREFIXES.values()

    def is_our_upload(self, upload_id: str) -> bool:
        """Whether the id is an upload's and was made with this secret."""
        return self._prefix_of(upload_id) == UPLOAD_PREFIX

    def _new(self, prefix: str) -> str:
        stamp = int(time.time() * 1000).to_bytes(6, "big") + os.urandom(6)
        return f"{prefix}_{base64.b32hexencode(stamp + self._mark(prefix, stamp)).decode().lower()}"

    def _prefix_of(self, text: str) -> str:
        """Return what an id begins with; empty when it bears no mark of ours."""
        prefix, _, letters = text.partition("_")
        try:
            raw = base64.b32hexdecode(letters.upper())
        except ValueError:
            return ""
        if len(raw) != ID_BYTES:
            return ""
        return prefix if hmac.compare_digest(raw[STAMP_BYTES:], self._mark(prefix, raw[:STAMP_BYTES])) else ""

    def _mark(self, prefix: str, stamp: bytes) -> bytes:
        return hmac.digest(self._secret, prefix.encode() + stamp, hashlib.sha256)[:MARK_BYTES]


def made_at(text: str) -> float:
    """Return the Unix time at which an id was made, whoever made it; infinity for what is no id."""
    letters = text.partition("_")[2]
    try:
        raw = base64.b32hexdecode(letters.upper())
    except ValueError:
        return math.inf
    return int.from_bytes(raw[:6], "big") / 1000 if len(raw) == ID_BYTES else math.inf
