"""What a person can do about a picture that came to no answer."""

from meadow.jobs.model import JobError
from meadow.problems import ProblemTypes
from meadow_ui.pictures.picture import UNREACHABLE

_ADVICE = {
    ProblemTypes.IMAGE_UNDECODABLE.code: "Open it in an image program, save it as JPEG or PNG, and drop it again.",
    ProblemTypes.UNSUPPORTED_TYPE.code: "Save it as JPEG, PNG or WebP and drop it again.",
    ProblemTypes.TOO_LARGE.code: "Save it smaller or more strongly compressed, and drop it again.",
    ProblemTypes.TOO_MANY_PIXELS.code: "Scale it down and drop it again; a few megapixels are plenty.",
    ProblemTypes.OVERLOADED.code: "Much is waiting already. Give it a minute, then try again.",
    ProblemTypes.UNAVAILABLE.code: "Run `meadow status` to see which part is missing, then try again.",
    ProblemTypes.NO_MODEL.code: "Train a first model, then try again.",
    ProblemTypes.UNAUTHENTICATED.code: "Set MEADOW_API_KEY for these pages to a key that the gateway accepts.",
    ProblemTypes.WORKER_LOST.code: "It stops the workers that read it. Leave it out, and keep it for a report.",
    UNREACHABLE: "Run `meadow status` to see what is running, then try again.",
    "expired": "No worker took it in time. Look at the queues, then try again.",
    "cancelled": "It was cancelled; try again if that was not meant.",
}

_OTHERWISE = "Try again; if it stays so, `meadow status` tells where the logs are."


def advice(error: JobError) -> str:
    """One sentence on what to do."""
    return _ADVICE.get(error.code, _OTHERWISE)
