"""What an answer rests on, from the command line: a picture beside where one works, and a sketch in the terminal."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from meadow.client import Client
from meadow.client.folder import NamedFile
from meadow.schemas.explanations import ExplanationMap, ExplanationState
from meadow.schemas.jobs import Job

SHADES = " ░▒▓█"
LEAST_RANGE = 0.5
"""Log-odds of the darkest shade at least: an answer that nothing changes must not look as if it did."""


def show_explanation(console: Console, client: Client, job: Job, file: NamedFile) -> None:
    """Save a finished job's explanation as a PNG in the current folder, and sketch it; or say why there is none."""
    if job.explanation is None or job.explanation.state is not ExplanationState.READY:
        reason = job.explanation.detail if job.explanation else ""
        console.print(f"[yellow]No explanation.[/] {escape(reason)}", highlight=False)
        return
    explained = client.explanation_map(job.id)
    for row in sketch(explained):
        console.print(f"  {row}", highlight=False)
    target = Path(f"{Path(file.path).stem}.explanation.png")
    target.write_bytes(client.explanation(job.id))
    console.print(
        f"The fuller a part, the more hiding it speaks against {escape(explained.label)!r}. "
        f"Drawn over the image: {escape(str(target))}",
        highlight=False,
    )


def sketch(explained: ExplanationMap) -> list[str]:
    """Draw the cells with two characters each, which makes them about square."""
    top = max(LEAST_RANGE, *map(max, explained.drops))
    steps = len(SHADES) - 1
    return ["".join(SHADES[round(min(max(drop / top, 0), 1) * steps)] * 2 for drop in row) for row in explained.drops]
