#!/usr/bin/env python3
"""Write the synchronous client from the asynchronous one, so that there is one source of both.

    client/write_sync_client.py            writes `meadow/client/X.py` from each `meadow/client/aio/X.py`
    client/write_sync_client.py --check    changes nothing, and fails where a file is not what would be written

The way is that of httpcore and elasticsearch-py: awaiting is taken out of the text word by
word. Whatever needs no awaiting belongs beside `aio`, where both clients import it.
"""

import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent / "src/meadow/client"
SOURCE = PACKAGE / "aio"
RULES = (
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\basyncio import sleep\b", "time import sleep"),
    (r"\bAsync(?=[A-Z])", ""),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\b__a(enter|exit|iter|next)__\b", r"__\1__"),
    (r"\ba(close|read|iter_bytes|classify)\b", r"\1"),
    (r"\bmeadow\.client\.aio\b", "meadow.client"),
    (r"  # noqa: ASYNC\d+.*", ""),
    # In words.
    (r"\bThe asynchronous client\b", "The client"),
    (r"\bthe tasks of an event loop\b", "threads"),
    # What an asynchronous generator cannot do.
    (r"for (\w+) in (.+):\n +yield \1\n(?! +\w+ [+-]=)", r"yield from \2\n"),
)


def synchronous(source: Path) -> str:
    """Rewrite one file of the asynchronous client."""
    text = source.read_text()
    for pattern, replacement in RULES:
        text = re.sub(pattern, replacement, text)
    docstring, rest = re.fullmatch(r'("""(?:.|\n)*?"""\n)((?:.|\n)*)', text).groups()  # type: ignore[union-attr]
    note = f"# Written from aio/{source.relative_to(SOURCE)} by `make sync-client`: change that file instead.\n"
    text = f"{docstring}{note}{rest}"
    target = target_of(source)
    # Names that are shorter now stand in another order, and fit into fewer lines.
    for tool in (["check", "--quiet", "--fix", "--select", "I"], ["format"]):
        command = [sys.executable, "-m", "ruff", *tool, "--stdin-filename", str(target), "-"]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return text


def target_of(source: Path) -> Path:
    """Where the synchronous form of a file lies."""
    return PACKAGE / source.relative_to(SOURCE)


def main(*, check: bool) -> int:
    """Write, or check, all files; returns the exit status."""
    stale = 0
    for source in sorted(SOURCE.rglob("*.py")):
        target = target_of(source)
        if source == SOURCE / "__init__.py":
            continue
        text = synchronous(source)
        if target.exists() and target.read_text() == text:
            continue
        stale += 1
        if check:
            sys.stderr.write(
                f"{target.name} is not what {source.relative_to(PACKAGE)} makes: run 'make sync-client'.\n"
            )
        else:
            target.write_text(text)
    return stale if check else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
