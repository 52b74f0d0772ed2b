"""Whether an image is fit for training, as far as can be told from it alone."""

import hashlib

from meadow.schemas.rejection import Reason
from meadow_core.datasets.ingest.assertions import LabelAssertion, ReadImage
from meadow_core.datasets.ingest.look import EMPTY_SPREAD, look_at
from meadow_core.datasets.rejection import Rejection
from meadow_core.datasets.sources.model import Candidate, UnfitError


def check(candidate: Candidate, origin: str, body: bytes, *, max_pixels: int) -> ReadImage | Rejection:
    """Look at an image.

    Args:
        candidate: What a source says of it.
        origin: The source.
        body: The image's bytes.
        max_pixels: Larger images are rejected.

    Returns:
        The image, or why it is left out: with the digest of its content if that can be decoded.
    """
    try:
        look = look_at(body, max_pixels=max_pixels)
    except UnfitError as error:
        return refused(candidate, origin, error.reason, error.detail)
    sha256 = hashlib.sha256(body).hexdigest()
    if look.spread < EMPTY_SPREAD:
        detail = f"nothing is to be seen: its colours vary by {look.spread:.1f} of 255 only"
        return refused(candidate, origin, Reason.NEAR_EMPTY, detail, sha256)
    assertion = LabelAssertion(
        name=candidate.name,
        label=candidate.label,
        origin=origin,
        sha256=sha256,
        corrected=candidate.corrected,
        new_class=candidate.new_class,
        split=candidate.split,
    )
    return ReadImage(assertion, look.bits, look.area)


def refused(candidate: Candidate, origin: str, reason: Reason, detail: str, sha256: str = "") -> Rejection:
    """Say why a candidate is left out."""
    return Rejection(
        name=candidate.name, label=candidate.label, origin=origin, reason=reason, detail=detail, sha256=sha256
    )
