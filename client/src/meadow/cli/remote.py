"""`meadow classify` of what the gateway unpacks or lists by itself: a zip, an S3 prefix."""

from pathlib import Path

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from meadow.client import Client
from meadow.client.source_run import SourceRun, fingerprint_of
from meadow.image_files.file_kind import ARCHIVE_SUFFIXES
from meadow.image_files.passed_over import describe_passed_over
from meadow.image_files.types import suffix_of
from meadow.schemas.jobs import Job
from meadow.schemas.sources import PrefixSource, ZipSource

S3_SCHEME = "s3://"
ZIP_SUFFIX = ".zip"


def is_remote(paths: list[str]) -> bool:
    """Whether the gateway is to find the images by itself.

    Raises:
        typer.BadParameter: Such a source is named together with others, or an archive of another kind.
    """
    for path in paths:
        if _is_other_archive(path):
            raise typer.BadParameter(
                f"{path} is no zip, and other archives are not unpacked. Unpack it and classify the folder."
            )
    remote = [path for path in paths if path.startswith(S3_SCHEME) or _is_zip(path)]
    if remote and len(paths) > 1:
        raise typer.BadParameter(f"{remote[0]} is a batch of its own: give it alone.")
    return bool(remote)


def open_remote(console: Console, client: Client, path: str, *, resume: bool) -> SourceRun:
    """Open the batch of a zip, which is uploaded first, or of an S3 prefix."""
    fingerprint = _fingerprint(path)
    found = SourceRun.resume(client, fingerprint) if resume else None
    if found:
        console.print(f"Going on with {found.job.id}, which is {found.job.state}.", highlight=False)
        return found
    if resume:
        console.print("No batch of this source was found. Starting afresh.")
    if path.startswith(S3_SCHEME):
        return SourceRun.begin(client, _prefix(path), path, fingerprint)
    return SourceRun.begin(client, ZipSource(upload_id=_upload(console, client, Path(path))), path, fingerprint)


def follow_remote(console: Console, run: SourceRun) -> None:
    """Follow a batch under a bar; how many images there are is known once the gateway has seen them all."""
    columns = ("Classifying", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def show(job: Job) -> None:
            if job.progress:
                total = job.progress.total if job.sealed else None
                progress.update(task, completed=job.progress.done, total=total)

        run.finish(show)
    if sentence := describe_passed_over(run.job.passed_over):
        console.print(sentence, style="yellow", highlight=False, markup=False)


def _prefix(uri: str) -> PrefixSource:
    try:
        return PrefixSource(uri=uri)
    except ValidationError as error:
        raise typer.BadParameter(f"{uri} is not of the form s3://BUCKET/PREFIX.") from error


def _upload(console: Console, client: Client, path: Path) -> str:
    columns = ("Uploading  ", BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=path.stat().st_size)
        return client.upload_file(path, lambda sent: progress.update(task, completed=sent))


def _fingerprint(path: str) -> str:
    if path.startswith(S3_SCHEME):
        return fingerprint_of(path)
    status = Path(path).stat()
    return fingerprint_of(Path(path).name, status.st_size, status.st_mtime_ns)


def _is_other_archive(path: str) -> bool:
    suffix = suffix_of(path)
    return suffix in ARCHIVE_SUFFIXES and suffix != ZIP_SUFFIX and Path(path).is_file()


def _is_zip(path: str) -> bool:
    return path.lower().endswith(ZIP_SUFFIX) and Path(path).is_file()
