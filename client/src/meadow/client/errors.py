"""What a call through the client can end with, apart from its answer."""

from pathlib import Path

import httpx
from pydantic import ValidationError

from meadow.errors import MeadowError
from meadow.schemas.jobs import Job
from meadow.schemas.problems import Problem

UNEXPECTED_RESPONSE = "unexpected-response"
"""Code given to an answer that no Meadow gateway writes: a proxy's error page, say, or another server's."""

EXCERPT = 300


class ClientError(MeadowError):
    """Any failure of a call; its text is a sentence that can be shown to a person."""


class GatewayUnreachableError(ClientError):
    """Nothing that speaks HTTP answered at the gateway's address."""

    def __init__(self, base_url: str, reason: str) -> None:
        hint = "Is it running? Try `meadow status`."
        super().__init__(f"The gateway at {base_url} does not answer ({reason}). {hint}")
        self.base_url = base_url
        self.reason = reason

    @classmethod
    def after(cls, error: httpx.TransportError, base_url: str) -> "GatewayUnreachableError":
        """Say in a word what the connection failed with."""
        match error:
            case httpx.ConnectError():
                return cls(base_url, "no connection")
            case httpx.TimeoutException():
                return cls(base_url, "timed out")
            case _:
                return cls(base_url, str(error) or type(error).__name__)


class ApiProblem(ClientError):  # noqa: N818 - named after the response it stands for
    """The gateway answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail or problem.title)
        self.problem = problem

    @property
    def code(self) -> str:
        """The problem's stable name."""
        return self.problem.code

    @property
    def status(self) -> int:
        """The HTTP status it came with."""
        return self.problem.status

    @classmethod
    def from_response(cls, response: httpx.Response) -> "ApiProblem":
        """Read the problem from an error response, whoever wrote it."""
        try:
            return cls(Problem.model_validate_json(response.content))
        except ValidationError:
            return cls.unexpected(response)

    @classmethod
    def unexpected(cls, response: httpx.Response) -> "ApiProblem":
        """Describe a response that is not what the gateway would have sent."""
        status = f"{response.status_code} {response.reason_phrase}".strip()
        said = " ".join(response.text.split())[:EXCERPT] or "an empty body"
        origin = response.request.url.copy_with(raw_path=b"/")
        return cls(
            Problem(
                type="about:blank",
                title="Not an answer of a gateway",
                status=response.status_code,
                detail=f"{origin} does not answer like a Meadow gateway: {status}, {said}",
                code=UNEXPECTED_RESPONSE,
            )
        )


class JobPendingError(ClientError, TimeoutError):
    """A job was waited for, and is not finished yet; `job` is how it stood at the end."""

    def __init__(self, job: Job, timeout: float) -> None:
        super().__init__(f"Job {job.id} is still {job.state} after {timeout:g} seconds.")
        self.job = job


class JobFailedError(ClientError):
    """A job ended without the answer that was waited for; `job` says how."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.error.detail if job.error else f"Job {job.id} is {job.state}.")
        self.job = job


class UploadTooLargeError(ClientError):
    """The file is larger than the gateway takes."""

    def __init__(self, path: Path, size: int, limit: int) -> None:
        super().__init__(
            f"{path} has {size:,} bytes; at most {limit:,} are accepted. Unpack it and classify the folder."
        )


class StoreUnreachableError(ClientError):
    """Nothing that speaks HTTP answered at the address that the gateway gave out for a file."""

    def __init__(self, url: str, reason: str) -> None:
        # The rest of the address is a credential.
        store = httpx.URL(url).copy_with(raw_path=b"/")
        super().__init__(
            f"The object store at {store} does not answer ({reason}). Files are uploaded to it directly: if it has "
            "another address for clients, set MEADOW_S3_PUBLIC_ENDPOINT_URL for the gateway."
        )
