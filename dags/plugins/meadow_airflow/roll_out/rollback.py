"""The way back from a version that could not be verified."""

from collections.abc import Mapping

from meadow_airflow.gateway.client import GatewayClient
from meadow_airflow.gateway.errors import GatewayRefusedError
from meadow_airflow.gateway.models import ModelRef


def roll_back(client: GatewayClient, model: Mapping[str, str], key: str) -> str:
    """Take a version out of production, and say what was done.

    Production is left alone when it is another version by now: a person, or another run, has acted already.
    """
    version = model["version"]
    current = client.current_model()
    if current is None or current.ref != ModelRef.model_validate(model):
        now = f"version {current.ref.version}" if current else "none"
        return f"Version {version} was not verified. Production is {now}, and was left alone."
    try:
        back = client.roll_back(f"version {version} was not verified after its roll-out", key)
    except GatewayRefusedError as refusal:
        return f"Version {version} was not verified, and stays in production: {refusal}"
    return f"Version {version} was not verified. Version {back} is back in production."
