"""One call for one image."""
# Written from aio/one_image.py by `make sync-client`: change that file instead.

from os import PathLike

from meadow.address import gateway_address
from meadow.client.client import Client
from meadow.client.errors import JobFailedError
from meadow.client.files import read_image
from meadow.schemas.predictions import Prediction


def classify(
    image: str | PathLike[str] | bytes,
    *,
    timeout: float = 60.0,
) -> Prediction:
    """Classify one image at the gateway of the environment: `MEADOW_API_URL`, or this machine's port 8000.

    `MEADOW_API_KEY` is sent along. For many images, an open `Client` is faster: it keeps its connections.

    Args:
        image: A file's path, or the bytes of one.
        timeout: Seconds to wait for the answer.

    Raises:
        OSError: The file cannot be read.
        ApiProblem: The gateway refused the image.
        GatewayUnreachableError: The gateway does not answer.
        JobFailedError: The image could not be classified; the text says why.
        JobPendingError: There is no answer yet.
    """
    name, data = read_image(image)
    url, key = gateway_address()
    with Client(url, key) as client:
        job = client.submit_image(data, name=name)
        job = client.wait(job.id, timeout=timeout)
        if job.prediction is None:
            raise JobFailedError(job)
        return job.prediction
