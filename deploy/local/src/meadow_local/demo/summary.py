"""What the demo did, in one screen."""

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table

from meadow.schemas.models import ModelInfo
from meadow_local.demo.classify import FolderAnswer, OneAnswer
from meadow_local.parts import Part
from meadow_local.screens.pages import pages_table
from meadow_local.settings import LocalSettings


def show_summary(
    console: Console,
    parts: tuple[Part, ...],
    settings: LocalSettings,
    model: ModelInfo,
    one: OneAnswer,
    folder: FolderAnswer,
) -> None:
    """Print where everything runs, what was classified, and how fast."""
    accuracy = "" if model.holdout_accuracy is None else f", {model.holdout_accuracy:.1%} on its hold-out"
    answers = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    answers.add_row("[bold]model[/]", f"{model.ref.name} version {model.ref.version}, {model.architecture}{accuracy}")
    answers.add_row("[bold]one picture[/]", _one(one))
    for shown in sorted({shown for shown, _ in folder.predicted}):
        answers.add_row(f"[bold]{shown}[/]", _class_line(folder, shown))
    answers.add_row("[bold]folder[/]", _folder(folder))
    console.print(
        Panel(Group(pages_table(parts, settings), "", answers), title="Meadow", border_style="green", expand=False)
    )


def _one(one: OneAnswer) -> str:
    best = one.prediction.scores[0]
    return f"{one.picture.name} is [green]{best.label}[/] ({best.probability:.1%}), in {one.seconds * 1000:.0f} ms"


def _class_line(folder: FolderAnswer, shown: str) -> str:
    answers = sorted(
        ((count, said) for (truth, said), count in folder.predicted.items() if truth == shown), reverse=True
    )
    return ", ".join(f"{count} called {said}" for count, said in answers)


def _folder(folder: FolderAnswer) -> str:
    failed = f", [red]{folder.failed} failed[/]" if folder.failed else ""
    speed = (folder.total + folder.failed) / folder.seconds
    return f"{folder.right} of {folder.total} right{failed}; {speed:.0f} images/s"
