"""What the scripts answer. A verdict that is not listed here is an error, never a success."""

from enum import StrEnum


class SubmitVerdict(StrEnum):
    """Answers of `submit.lua`, each with a value."""

    ACCEPTED = "accepted"
    """The job's id."""
    REPLAYED = "replayed"
    """The id of the job that an earlier request with the same idempotency key made."""
    CONFLICT = "conflict"
    """The id of the job that another request with the same idempotency key made."""
    QUEUE_FULL = "queue-full"
    """The depth of the queue."""
    BYTES_FULL = "bytes-full"
    """The image bytes that Redis holds."""
    IMAGE_GONE = "image-gone"
    """Nothing: the image that was sent ahead is gone already."""


class AddPackVerdict(StrEnum):
    """Answers of `add_pack.lua`."""

    ADDED = "added"
    REPEATED = "repeated"
    """A pack of that number is in already."""
    MISSING = "missing"
    FINISHED = "finished"
    SEALED = "sealed"
    SOURCED = "sourced"
    """The batch is filled from its source."""
    QUEUE_FULL = "queue-full"


class SealVerdict(StrEnum):
    """Answers of `seal.lua`; some with a number."""

    SEALED = "sealed"
    MISSING = "missing"
    FINISHED = "finished"
    SOURCED = "sourced"
    INCOMPLETE = "incomplete"
    """The number of the first pack that is not in."""
    CONFLICT = "conflict"
    """How many packs the batch has."""


class FillPackVerdict(StrEnum):
    """Answers of `fill_pack.lua`."""

    ADDED = "added"
    QUEUE_FULL = "queue-full"
    LOST = "lost"
    """The batch has ended, or another worker fills it now."""


class ClaimVerdict(StrEnum):
    """Answers of `claim.lua`."""

    CLAIMED = "claimed"
    GONE = "gone"
    """The record is deleted."""
    FINISHED = "finished"
    HELD = "held"
    """Another worker has it."""
    GIVEN_UP = "given-up"
    """It has failed by this claim: too many attempts killed their worker."""


class ClaimPackVerdict(StrEnum):
    """Answers of `claim_pack.lua`."""

    CLAIMED = "claimed"
    EXHAUSTED = "exhausted"
    """Claimed, to be failed: too many attempts killed their worker."""
    FINISHED = "finished"
    HELD = "held"


class CancelVerdict(StrEnum):
    """Answers of `cancel.lua` besides the state of a job that has ended already, or that a deadline spares."""

    DONE = "done"
    MISSING = "missing"


class FeedbackVerdict(StrEnum):
    """Answers of `feedback.lua`."""

    NOTED = "noted"
    MISSING = "missing"
    UNANSWERED = "unanswered"
    """The job has no answer that could be right or wrong."""
