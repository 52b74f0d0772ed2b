"""`meadow train`: a training run, followed epoch by epoch."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from meadow.cli.training_settings import SettingPairs, SettingsFile, read_training_settings
from meadow.client import Client
from meadow.schemas.jobs import Job, JobState
from meadow.schemas.training import TrainingRequest, TrainingResult
from meadow.schemas.training_config import DEFAULT_ARCHITECTURE, DEFAULT_IMAGE_SIZE
from meadow.settings import GatewayAddress

app = typer.Typer()

POLL_SECONDS = 2
FAILED_STATUS = 1


@app.command(name="train")
def train_command(
    dataset: Annotated[str, typer.Argument(help="A published data set.")],
    version: Annotated[str | None, typer.Option(help="The version to train on; by default the newest.")] = None,
    architecture: Annotated[
        str | None,
        typer.Option(help=f"Any classification model of torchvision or timm; {DEFAULT_ARCHITECTURE} when left out."),
    ] = None,
    image_size: Annotated[
        int | None,
        typer.Option(min=32, max=1024, help=f"Side of the input, in pixels; {DEFAULT_IMAGE_SIZE} when left out."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="By default the recipe's own number.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Random seed; by default 0.")] = None,
    config: SettingsFile = None,
    pairs: SettingPairs = None,
    *,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Submit the job and print its id without waiting.")
    ] = False,
) -> None:
    """Train a model on a published data set, in the trainer service.

    It goes into production when it is the first, or measurably better than the one that is there.

    Example: `meadow train demo --architecture mobilenet_v3_small --set learning_rate=0.001`
    """
    console = Console()
    named = {"architecture": architecture, "image_size": image_size, "epochs": epochs, "seed": seed}
    asked = read_training_settings(config, pairs) | {name: value for name, value in named.items() if value is not None}
    request = TrainingRequest(dataset=dataset, dataset_version=version, **asked)
    with Client.from_settings(GatewayAddress.load()) as client:
        job = client.start_training(request)
        if detach:
            console.print(job.id)
            return
        job = follow_training(console, client, job)
    show_outcome(console, job)
    if job.state is not JobState.SUCCEEDED:
        raise typer.Exit(FAILED_STATUS)


def follow_training(console: Console, client: Client, job: Job) -> Job:
    """Show a run's progress until it is finished."""
    return (_follow_as_bar if console.is_terminal else _follow_as_lines)(console, client, job)


def _follow_as_lines(console: Console, client: Client, job: Job) -> Job:
    """A bar is drawn once, at the end, where there is no terminal: a container's log would stay empty until then."""
    console.print(f"Training run {job.id} waits for the trainer.", highlight=False, soft_wrap=True)
    shown = ""
    while not job.state.is_final:
        job = client.job(job.id, wait=POLL_SECONDS)
        if job.progress and job.state is not JobState.QUEUED:
            count = f"{job.progress.done}/{job.progress.total} " if job.progress.total else ""
            line = f"{count}{job.progress.message}"
            if line and line != shown:
                console.print(line, highlight=False, soft_wrap=True, markup=False)
            shown = line
    return job


def _follow_as_bar(console: Console, client: Client, job: Job) -> Job:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[message]}", style="dim"),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Waiting for the trainer", total=None, message="")
        while not job.state.is_final:
            job = client.job(job.id, wait=POLL_SECONDS)
            if job.progress:
                progress.update(
                    task,
                    description="Training" if job.state is not JobState.QUEUED else "Waiting for the trainer",
                    total=job.progress.total,
                    completed=job.progress.done,
                    message=job.progress.message,
                )
    return job


def show_outcome(console: Console, job: Job) -> None:
    """Print what a run led to."""
    if isinstance(job.result, TrainingResult):
        result = job.result
        console.print(
            f"[bold]{result.model.name} version {result.model.version}[/] {result.decision}: {escape(result.reason)}",
            highlight=False,
        )
        console.print(f"Hold-out accuracy {result.holdout_accuracy:.3f}. MLflow run: {result.run_url}", highlight=False)
    else:
        reason = job.error.detail if job.error else ""
        console.print(f"[red]The training run is {job.state}.[/] {escape(reason)}", highlight=False)
