"""The Lua scripts that change a job's record: each one atomic, so no reader ever sees half a change.

They make keys of others (a batch's parts, kept images), which Redis Cluster does not allow: Meadow runs on one Redis
server, with a replica if need be.
"""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

from meadow_core.jobs import keys


class UnitKeys(NamedTuple):
    """The first keys of every script on a unit of work; scripts name their places in upper case."""

    job: str
    image: str
    leases: str
    waiting: str
    inflight: str
    queue: str
    channel: str
    webhooks: str
    kept: str
    kept_bytes: str


@cache
def load_script(name: str) -> str:
    """Return a script's source, with what all share in front: constants made here, and the prelude."""
    folder = files(__name__)
    return _constants() + (folder / "prelude.lua").read_text() + (folder / f"{name}.lua").read_text()


def _constants() -> str:
    """Write the places of a unit's keys, how many those are, and the parts of a job's key."""
    names = [name.upper() for name in UnitKeys._fields]
    places = ", ".join(str(place) for place in range(1, len(names) + 1))
    parts = ", ".join(f"'{part}'" for part in keys.JOB_PARTS)
    named = f"'{keys.CLASSES_PART}', '{keys.ADDED_PART}', '{keys.DONE_PART}', '{keys.ATTEMPTS_PART}'"
    return f"""local {", ".join(names)} = {places}
local UNIT_KEYS = {len(names)}
local CLASSES, ADDED, DONE, ATTEMPTS = {named}
local PARTS = {{{parts}}}
"""
