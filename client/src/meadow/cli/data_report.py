"""Where a report is to be written."""

from pathlib import Path

import typer


def check_report(report: Path | None) -> None:
    """Say before the work starts when its report could not be written.

    Raises:
        typer.BadParameter: There is no such folder, or there is a folder of that name.
    """
    if report is None:
        return
    if not report.parent.is_dir():
        raise typer.BadParameter(f"--report {report}: there is no folder {report.parent}.")
    if report.is_dir():
        raise typer.BadParameter(f"--report {report}: this is a folder; name a file.")
