"""What the load generator asks of Meadow's gateway."""

import json
from typing import Any

from meadow_bench.engine import Probabilities
from meadow_bench.load.connection import Response
from meadow_bench.load.target import Target, UnexpectedAnswerError

OK, ACCEPTED = 200, 202
PATH = "/v1/classifications"
WAIT = ("Prefer", "wait=30")


def submit_and_wait(port: int) -> Target[Probabilities]:
    """Submit an image and hold the request until its result is there."""
    return Target(port, PATH, _result, headers=(WAIT,))


def submit_and_note_model(port: int) -> Target[str]:
    """The same; the answer is the version of the model that answered."""
    return Target(port, PATH, _model, headers=(WAIT,))


def submit(port: int) -> Target[str]:
    """Submit an image and go on; the answer is the job's id."""
    return Target(port, PATH, _accepted)


def _result(response: Response) -> Probabilities:
    return {score["label"]: score["probability"] for score in _succeeded(response)["result"]["scores"]}


def _model(response: Response) -> str:
    version: str = _succeeded(response)["model"]["version"]
    return version


def _accepted(response: Response) -> str:
    if response.status != ACCEPTED:
        raise UnexpectedAnswerError(response)
    job_id: str = json.loads(response.body)["id"]
    return job_id


def _succeeded(response: Response) -> dict[str, Any]:
    job: dict[str, Any] = json.loads(response.body) if response.status == OK else {}
    if job.get("state") != "succeeded":
        raise UnexpectedAnswerError(response)
    return job
