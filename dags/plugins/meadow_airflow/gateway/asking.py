"""Questions whose answer may be that there is nothing."""

from meadow import ApiProblem, AsyncClient, Client
from meadow.schemas.datasets import DatasetDetail
from meadow.schemas.models import ModelInfo
from meadow_airflow.gateway.errors import NO_LONGER_CANCELLABLE


def find_dataset(client: Client, name: str) -> DatasetDetail | None:
    """The data set with its versions; None when there is none of that name."""
    try:
        return client.dataset(name)
    except ApiProblem as problem:
        if problem.code != "not-found":
            raise
    return None


def model_in_production(client: Client) -> ModelInfo | None:
    """The model in production; None when there is none yet."""
    try:
        return client.current_model()
    except ApiProblem as problem:
        if problem.code != "no-model":
            raise
    return None


def cancel_if_active(client: Client, job_id: str) -> None:
    """Stop a job; one that has ended meanwhile is left as it is."""
    try:
        client.cancel(job_id)
    except ApiProblem as problem:
        if problem.code not in NO_LONGER_CANCELLABLE:
            raise


async def cancel_if_active_async(client: AsyncClient, job_id: str) -> None:
    """Stop a job; one that has ended meanwhile is left as it is."""
    try:
        await client.cancel(job_id)
    except ApiProblem as problem:
        if problem.code not in NO_LONGER_CANCELLABLE:
            raise
