"""The model in production, as pages ask for it."""

from meadow.client import ApiProblem, MeadowClient
from meadow.problems import ProblemTypes
from meadow.registry.model import ModelInfo


def production_model(client: MeadowClient) -> ModelInfo | None:
    """Read it; None when there is none yet, which is no trouble.

    Raises:
        ClientError: The gateway cannot tell.
    """
    try:
        return client.current_model()
    except ApiProblem as problem:
        if problem.code == ProblemTypes.NO_MODEL.code:
            return None
        raise
