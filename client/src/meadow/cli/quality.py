"""`meadow quality`: how good the answers are, as far as can be told."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from meadow.client import Client
from meadow.schemas.quality import LabelledAccuracy, QualityReport, Verdict
from meadow.settings import GatewayAddress

app = typer.Typer()

_COLOURS = {Verdict.OK: "green", Verdict.TOO_FEW: "dim", Verdict.DRIFT: "yellow", Verdict.PERFORMANCE_DROP: "red"}


@app.command()
def quality(
    hours: Annotated[int, typer.Option(min=1, help="Length of the window.")] = 24,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Show accuracy on the labels that people gave, and drift of inputs and answers against the hold-out.

    Example: `meadow quality --hours 168`
    """
    with Client.from_settings(GatewayAddress.load()) as client:
        report = client.quality(window_hours=hours)
    console = Console()
    if as_json:
        console.print_json(report.model_dump_json())
        return
    _show(console, report)


def _show(console: Console, report: QualityReport) -> None:
    version = f"version {report.model.version}" if report.model else "no model"
    console.print(
        f"[{_COLOURS[report.verdict]}]{report.verdict}[/]: {version}, {report.images:,} images in "
        f"{report.window_hours} hours.",
        highlight=False,
    )
    for reason in report.reasons:
        console.print(f"  {reason}", highlight=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    for heading in ("what", "images", "PSI", "p", "verdict"):
        table.add_column(heading, justify="left" if heading in {"what", "verdict"} else "right")
    for one in report.drift:
        table.add_row(
            one.name,
            f"{one.images:,}",
            "" if one.psi is None else f"{one.psi:.3f}",
            "" if one.p_value is None else f"{one.p_value:.2g}",
            f"[{_COLOURS[one.verdict]}]{one.verdict}[/]",
        )
    if report.drift:
        console.print(table)
    console.print(_labelled(report.accuracy), highlight=False)


def _labelled(accuracy: LabelledAccuracy) -> str:
    if accuracy.share is None or accuracy.low is None or accuracy.high is None:
        return "Nobody has labelled an answer yet: meadow feedback JOB LABEL."
    reference = "" if accuracy.reference is None else f"; the hold-out: {accuracy.reference:.1%}"
    return (
        f"{accuracy.right} of {accuracy.labelled} labelled answers are right: {accuracy.share:.1%} "
        f"({accuracy.low:.1%} to {accuracy.high:.1%}{reference})."
    )
