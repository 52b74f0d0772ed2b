"""The Lua scripts that change a job's record: each one atomic, so no reader ever sees half a change."""

from functools import cache
from importlib.resources import files


@cache
def load_script(name: str) -> str:
    """Return a script's source, with the shared prelude in front."""
    folder = files(__name__)
    return (folder / "prelude.lua").read_text() + (folder / f"{name}.lua").read_text()
