"""`meadow classify`: images and folders, through the gateway."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from meadow.cli.explanation import show_explanation
from meadow.cli.interruption import way_back
from meadow.cli.outputs import Output, SpreadsheetSafe
from meadow.cli.progress import run_with_progress
from meadow.cli.remote import follow_remote, is_remote, open_remote
from meadow.cli.shrink import AUTO, check_shrink, choose_shrinking
from meadow.cli.single import classify_one, show_one
from meadow.cli.summary import Summary
from meadow.client import Client
from meadow.client.folder import FolderRun, NamedFile, find_files, make_plan
from meadow.client.retries import PATIENT
from meadow.settings import GatewayAddress

app = typer.Typer()

ITEMS_FAILED_STATUS = 1


@app.command(name="classify")
def classify_command(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Image files, folders (searched recursively) or glob patterns; or one zip file or s3://BUCKET/PREFIX."
        ),
    ],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write all results to a .csv, .ndjson or .parquet file.")
    ] = None,
    spreadsheet_safe: SpreadsheetSafe = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Resume the newest batch of the same files, interrupted or finished.")
    ] = False,
    shrink: Annotated[
        str,
        typer.Option(
            metavar="auto|off|PIXELS",
            help="Send photos of a folder smaller: large ones as the gateway advises (auto), "
            "none (off), or all at so many pixels on their shorter side.",
        ),
    ] = AUTO,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="For a single image: write a PNG that highlights the regions the prediction rests on."
        ),
    ] = False,
) -> None:
    """Classify images and whole folders.

    Exits with status 1 when an image could not be classified; each failure is listed with its reason. A run that was
    interrupted goes on with `--resume`: what is uploaded and answered is not done again.

    Examples:
      `meadow classify lawn.jpg`
      `meadow classify photos/ 'more/**/*.jpg' --out results.csv`
      `meadow classify photos/ --resume`
      `meadow classify photos/ --shrink off`
      `meadow classify lawn.jpg --explain`
    """
    console = Console()
    output = Output(out, spreadsheet_safe)
    output.check()
    check_shrink(shrink)
    settings = GatewayAddress.load()
    found = None if is_remote(paths) else find_files(paths)
    files = found.files if found else []
    if shrink != AUTO and not files:
        raise typer.BadParameter("--shrink is for photos that are sent from here.")
    if explain and len(files) != 1:
        raise typer.BadParameter("--explain takes one image file.")
    if not files:
        summary = _classify_remote(console, settings, paths[0], output, resume=resume)
    elif len(files) == 1:
        summary = _classify_file(console, settings, files[0], output, explain=explain)
    else:
        name = ", ".join(paths)
        summary = _classify_files(console, settings, files, output, name=name, resume=resume, shrink=shrink)
    if found and (sentence := found.passed_over.sentence):
        console.print(sentence, style="yellow", highlight=False, markup=False)
    if out:
        console.print(f"Results are in {out}.")
    if summary.failed:
        raise typer.Exit(ITEMS_FAILED_STATUS)


def _classify_file(
    console: Console, settings: GatewayAddress, file: NamedFile, output: Output, *, explain: bool
) -> Summary:
    summary = Summary()
    with Client.from_settings(settings) as client:
        job, result = classify_one(client, file, explain=explain)
        show_one(console, result)
        if job and job.explanation:
            show_explanation(console, client, job, file)
    output.write(summary.watch([result]))
    return summary


def _classify_remote(console: Console, settings: GatewayAddress, path: str, output: Output, *, resume: bool) -> Summary:
    summary = Summary()
    started = time.monotonic()
    with Client.from_settings(settings, retries=PATIENT) as client:
        run = open_remote(console, client, path, resume=resume)
        with way_back(console, run):
            follow_remote(console, run)
            output.write(summary.watch(run.results()), batch_id=run.job.id if run.job else "")
    summary.show(console, None if resume else time.monotonic() - started)
    return summary


def _classify_files(
    console: Console,
    settings: GatewayAddress,
    files: Sequence[NamedFile],
    output: Output,
    *,
    name: str,
    resume: bool,
    shrink: str,
) -> Summary:
    summary = Summary()
    started = time.monotonic()
    # A gateway that is not there is told at once; one that was there is waited for.
    with Client.from_settings(settings) as client:
        limits = client.limits()
    plan = make_plan(files, limits, shrink=choose_shrinking(shrink, limits))
    with Client.from_settings(settings, retries=PATIENT) as client:
        run = FolderRun.resume(client, plan, name) if resume else None
        if run and run.job:
            console.print(f"Going on with {run.job.id}, which is {run.job.state}.", highlight=False)
        elif resume:
            console.print("No batch of these files was found. Starting afresh.")
        run = run or FolderRun.begin(client, plan, name)
        with way_back(console, run):
            run_with_progress(console, run)
            output.write(summary.watch(run.results()), batch_id=run.job.id if run.job else "")
    summary.show(console, None if resume else time.monotonic() - started)
    return summary
