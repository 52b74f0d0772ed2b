"""`meadow classify`: images and folders, through the gateway."""

import glob
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from meadow.cli.outputs import check_output, write_results
from meadow.cli.show import probability_bar
from meadow.client import ApiProblem, MeadowClient
from meadow.client.folder import FolderProgress, NamedFile, classify_files, results_of
from meadow.datasets.folder import find_images
from meadow.items import ItemResult, ItemState
from meadow.jobs.model import Job, JobError, JobState
from meadow.predictions import Decision
from meadow.problems import ProblemTypes
from meadow.settings import load_settings

app = typer.Typer()

ITEMS_FAILED_STATUS = 1
FAILURES_SHOWN = 20
SINGLE_IMAGE_SECONDS = 60
IMAGE_PROBLEMS = frozenset(
    problem.code
    for problem in (
        ProblemTypes.TOO_LARGE,
        ProblemTypes.UNSUPPORTED_TYPE,
        ProblemTypes.IMAGE_UNDECODABLE,
        ProblemTypes.TOO_MANY_PIXELS,
    )
)
"""What the gateway can have against an image, as it would of one image of a folder."""


@app.command(name="classify")
def classify_command(
    paths: Annotated[list[str], typer.Argument(help="Image files, folders (searched to the bottom) or glob patterns.")],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write every result to a .csv, .ndjson or .parquet file.")
    ] = None,
) -> None:
    """Classify images and whole folders.

    Exits with status 1 when an image could not be classified; each failure is listed with its reason.

    Examples:
      `meadow classify lawn.jpg`
      `meadow classify photos/ 'more/**/*.jpg' --out results.csv`
    """
    console = Console()
    check_output(out)
    files = find_files(paths)
    started = time.monotonic()
    with MeadowClient.from_settings(load_settings()) as client:
        if len(files) == 1:
            results = [_classify_one(client, files[0])]
            _show_one(console, results[0])
        else:
            results = run_with_progress(console, client, files)
            show_summary(console, results, time.monotonic() - started)
    if out:
        write_results(results, out)
        console.print(f"Results are in {out}.")
    if any(result.state is ItemState.FAILED for result in results):
        raise typer.Exit(ITEMS_FAILED_STATUS)


def find_files(paths: list[str]) -> list[NamedFile]:
    """Find what the arguments name, each file once.

    Raises:
        typer.BadParameter: An argument names nothing.
    """
    found: dict[Path, str] = {}
    for text in paths:
        path = Path(text)
        if path.is_dir():
            matches = {image: str(image.relative_to(path)) for image in find_images(path)}
            if not matches:
                raise typer.BadParameter(f"Folder {text} holds no images.")
        elif path.exists():
            matches = {path: path.name}
        else:
            matches = {Path(hit): hit for hit in _glob(text)}
            if not matches:
                raise typer.BadParameter(f"{text} is no file, no folder, and no pattern that matches any.")
        for image, name in matches.items():
            found.setdefault(image.resolve(), name if len(paths) == 1 else str(image))
    return [NamedFile(path, name) for path, name in found.items()]


def _glob(pattern: str) -> list[str]:
    """Expand a pattern that the shell left alone; unlike `Path.glob`, this takes absolute ones too."""
    return sorted(hit for hit in glob.glob(pattern, recursive=True) if Path(hit).is_file())  # noqa: PTH207 - see above


def run_with_progress(console: Console, client: MeadowClient, files: list[NamedFile]) -> list[ItemResult]:
    """Classify files as a batch under two progress bars: uploaded, classified."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        upload = progress.add_task("Uploading  ", total=len(files), rate="")
        classify = progress.add_task("Classifying", total=len(files), rate="")

        def show(state: FolderProgress) -> None:
            for task, count in ((upload, state.uploaded), (classify, state.done)):
                progress.update(task, completed=count)
                speed = progress.tasks[task].speed
                progress.update(task, rate=f"{speed:.0f}/s" if speed else "")

        run = classify_files(client, files, on_progress=show)
    return list(results_of(client, run))


def show_summary(console: Console, results: list[ItemResult], seconds: float) -> None:
    """Print images per class, the unsure ones, the failures with their reasons, and the rate."""
    classes = Counter(result.prediction.label for result in results if result.prediction)
    unsure = Counter(
        result.prediction.label
        for result in results
        if result.prediction and result.prediction.decision is Decision.UNSURE
    )
    failures = [result for result in results if result.error]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("class", "images", "of them unsure"):
        table.add_column(heading, justify="left" if heading == "class" else "right")
    for label, count in classes.most_common():
        table.add_row(escape(label), str(count), str(unsure[label] or ""))
    if failures:
        table.add_row("[red]failed[/]", f"[red]{len(failures)}[/]", "")
    console.print(table)
    console.print(f"{len(results)} images in {seconds:.1f} s ({len(results) / seconds:.0f}/s)", style="dim")
    for result in failures[:FAILURES_SHOWN]:
        if result.error:
            console.print(
                f"[red]{escape(result.item)}[/]: {escape(result.error.detail)} ({result.error.code})", highlight=False
            )
    if len(failures) > FAILURES_SHOWN:
        console.print(f"... and {len(failures) - FAILURES_SHOWN} more; --out lists them all.", style="dim")


def _classify_one(client: MeadowClient, file: NamedFile) -> ItemResult:
    try:
        job = client.submit_image(file.path.read_bytes(), name=file.name)
    except OSError as error:
        return _refused(file, "file-unreadable", f"The file cannot be read: {error.strerror}.")
    except ApiProblem as problem:
        if problem.code not in IMAGE_PROBLEMS:
            raise
        return _refused(file, problem.code, str(problem))
    return _as_item(file, client.wait(job.id, timeout=SINGLE_IMAGE_SECONDS))


def _refused(file: NamedFile, code: str, detail: str) -> ItemResult:
    return ItemResult(item=file.name, state=ItemState.FAILED, error=JobError(code=code, detail=detail))


def _as_item(file: NamedFile, job: Job) -> ItemResult:
    if job.state is JobState.SUCCEEDED:
        return ItemResult.model_validate({"item": file.name, "state": ItemState.SUCCEEDED, "prediction": job.result})
    return ItemResult(item=file.name, state=ItemState.FAILED, error=job.error)


def _show_one(console: Console, result: ItemResult) -> None:
    if result.prediction is None:
        reason = result.error.detail if result.error else "no answer"
        console.print(f"[red]{escape(result.item)}[/]: {escape(reason)}", highlight=False)
        return
    answer = result.prediction
    console.print(f"{escape(result.item)}: [bold]{escape(answer.label)}[/] ({answer.decision})", highlight=False)
    for score in answer.scores:
        console.print(f"  {escape(f'{score.label:<20}')} {probability_bar(score.probability)} {score.probability:7.1%}")
