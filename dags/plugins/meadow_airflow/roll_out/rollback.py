"""The way back from a version that could not be verified."""

from collections.abc import Mapping

from meadow import ApiProblem, Client
from meadow.schemas.models import ModelRef
from meadow_airflow.gateway.asking import model_in_production
from meadow_airflow.gateway.errors import may_pass


def roll_back(client: Client, model: Mapping[str, str], key: str) -> str:
    """Take a version out of production, and say what was done.

    Production is left alone when it is another version by now: a person, or another run, has acted already.
    """
    version = model["version"]
    current = model_in_production(client)
    if current is None or current.ref != ModelRef.model_validate(model):
        now = f"version {current.ref.version}" if current else "none"
        return f"Version {version} was not verified. Production is {now}, and was left alone."
    try:
        reason = f"version {version} was not verified after its roll-out"
        back = client.roll_back(reason=reason, idempotency_key=key).model.ref.version
    except ApiProblem as problem:
        if may_pass(problem):
            raise
        return f"Version {version} was not verified, and stays in production: {problem}"
    return f"Version {version} was not verified. Version {back} is back in production."
