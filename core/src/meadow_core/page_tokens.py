"""Page tokens: places in a list, as text. Clients send them back as they came, or make some up."""

import re

from meadow.schemas.problems import ProblemCode
from meadow_core.errors import ProblemError

_PLACE = re.compile("[0-9]{1,15}")
"""No longer than what Redis takes as a place, and no digits of other scripts, which `int` does not all read."""


def parse_places(token: str, count: int = 1) -> list[int]:
    """Read the `count` places of a token, which are joined by dots; of the empty one they are all 0.

    Raises:
        ProblemError: The token is none that was given out.
    """
    places = token.split(".") if token else ["0"] * count
    if len(places) != count or not all(map(_PLACE.fullmatch, places)):
        raise ProblemError(ProblemCode.MALFORMED, f"{token!r} is no page_token of this list.")
    return [int(place) for place in places]
