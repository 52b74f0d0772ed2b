"""Compose's files, as a test reads them: with Compose's own defaults filled in, and without starting anything."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/compose"
FILES = tuple(sorted(FOLDER.glob("*.yaml")))
SAMPLE = FOLDER / ".env.example"

_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)(?:(:-|:\?|:\+)((?:[^${}]|\$\{[^{}]*\})*))?\}")


def text() -> str:
    """All files, in one."""
    return "\n".join(file.read_text() for file in FILES)


def services() -> dict[str, dict[str, Any]]:
    """Every service of every profile, with the defaults of its variables filled in."""
    found: dict[str, dict[str, Any]] = {}
    for file in FILES:
        found |= _filled(yaml.safe_load(file.read_text())["services"])
    return found


def variables() -> dict[str, set[tuple[str, str]]]:
    """Every variable that is filled in, with each way it is: the operator, and what stands behind it."""
    found: dict[str, set[tuple[str, str]]] = {}
    waiting = [text()]
    while waiting:
        for name, operator, rest in _VARIABLE.findall(waiting.pop()):
            found.setdefault(name, set()).add((operator, rest))
            waiting.append(rest)
    return found


def sample() -> dict[str, str]:
    """The settings of `.env.example`."""
    lines = SAMPLE.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _filled(node: Any) -> Any:  # noqa: ANN401 - what YAML holds
    if isinstance(node, dict):
        return {key: _filled(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value) for value in node]
    return _default(node) if isinstance(node, str) else node


def _default(value: str) -> str:
    while _VARIABLE.search(value):
        value = _VARIABLE.sub(lambda match: match[3] if match[2] == ":-" else "", value)
    return value
