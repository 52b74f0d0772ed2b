"""One image from the command line: submitted as a job of its own, its scores drawn."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from meadow.cli.show import probability_bar
from meadow.client import ApiProblem, Client
from meadow.client.folder import NamedFile
from meadow.client.folder.shrink import WORTHWHILE_BYTES, shrink_to_limit
from meadow.schemas.items import ItemResult, ItemState
from meadow.schemas.jobs import Job, JobState
from meadow.schemas.problems import ProblemCode

WAIT_SECONDS = 60
IMAGE_PROBLEMS = frozenset(
    {
        ProblemCode.TOO_LARGE,
        ProblemCode.UNSUPPORTED_TYPE,
        ProblemCode.IMAGE_UNDECODABLE,
        ProblemCode.TOO_MANY_PIXELS,
    }
)
"""What the gateway can have against an image, as it would of one image of a folder."""


def classify_one(client: Client, file: NamedFile, *, explain: bool = False) -> tuple[Job | None, ItemResult]:
    """Classify one file; there is no job when it was not accepted."""
    try:
        body = Path(file.path).read_bytes()
        if len(body) >= WORTHWHILE_BYTES:
            body = shrink_to_limit(body, client.limits())
        job = client.submit_image(body, name=file.name, explain=explain)
    except OSError as error:
        return None, ItemResult.failure(file.name, "file-unreadable", f"The file cannot be read: {error.strerror}.")
    except ApiProblem as problem:
        if problem.code not in IMAGE_PROBLEMS:
            raise
        return None, ItemResult.failure(file.name, problem.code, str(problem))
    job = client.wait(job.id, timeout=WAIT_SECONDS)
    return job, _as_item(file.name, job)


def show_one(console: Console, result: ItemResult) -> None:
    """Print an answer with every class's score, or why there is none."""
    if result.prediction is None:
        reason = result.error.detail if result.error else "no answer"
        console.print(f"[red]{escape(result.item)}[/]: {escape(reason)}", highlight=False)
        return
    answer = result.prediction
    console.print(f"{escape(result.item)}: [bold]{escape(answer.label)}[/] ({answer.decision})", highlight=False)
    for score in answer.scores:
        console.print(f"  {escape(f'{score.label:<20}')} {probability_bar(score.probability)} {score.probability:7.1%}")


def _as_item(name: str, job: Job) -> ItemResult:
    if job.state is JobState.SUCCEEDED:
        return ItemResult.model_validate({"item": name, "state": ItemState.SUCCEEDED, "prediction": job.result})
    return ItemResult(item=name, state=ItemState.FAILED, error=job.error)
