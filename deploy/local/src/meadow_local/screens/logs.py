"""The logs of all parts in one readable stream."""

import itertools
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from meadow_local import log_stream
from meadow_local.errors import StackError
from meadow_local.extras import EXTRAS
from meadow_local.home import Home
from meadow_local.log_lines import LogLine
from meadow_local.parts import PART_NAMES

EXTRA_PART_NAMES = tuple(part.name for extra in EXTRAS for part in extra.parts)
LOG_NAMES = (*PART_NAMES, *EXTRA_PART_NAMES, "supervisord")
COLOURS = ("red", "yellow", "magenta", "cyan", "green", "blue", "bright_magenta", "bright_cyan", "white")


def show_logs(console: Console, home: Home, names: Sequence[str], *, count: int, follow: bool) -> None:
    """Print past lines, and with `follow` those to come, until Ctrl-C.

    Raises:
        StackError: A name is no part's, or nothing was started here yet.
    """
    unknown = sorted(set(names) - set(LOG_NAMES))
    if unknown:
        raise StackError(f"There is no part {', '.join(unknown)}; there are {', '.join(LOG_NAMES)}.")
    if not home.logs.is_dir():
        raise StackError(f"There are no logs in {home.root}: nothing was started there yet.")
    # A stack without extras need not make room for their long names.
    width = max((len(name) for name in names if name in PART_NAMES or home.log_file(name).exists()), default=0)
    lines: Iterable[LogLine] = log_stream.history(home, names, count)
    if follow:
        lines = itertools.chain(lines, log_stream.follow(home, names))
    try:
        for line in lines:
            console.print(render(line, width), soft_wrap=True)
    except KeyboardInterrupt:
        return


def render(line: LogLine, width: int) -> Text:
    """A line under its part's name."""
    colour = COLOURS[LOG_NAMES.index(line.part) % len(COLOURS)]
    # Programs colour their own logs; Text keeps that apart from markup, which a log may contain by chance.
    return Text.assemble((f"{line.part:<{width}} │ ", colour), Text.from_ansi(line.text))
