"""Following a job by server-sent events, through restarts of the gateway."""
# Written from aio/events.py by `make sync-client`: change that file instead.

from collections.abc import Iterable, Iterator

import httpx

from meadow.client.downloads import split_lines
from meadow.client.transport import Transport
from meadow.schemas.jobs import Job, Progress


def follow_events(transport: Transport, path: str) -> Iterator[Job]:
    """Yield the job as it is, and again whenever it has changed; the last one is finished.

    A stream that breaks off is opened again. It then starts with the whole job, so nothing is missed.

    Raises:
        ApiProblem: The gateway answered with a problem.
        GatewayUnreachableError: The gateway did not answer for too long.
    """
    job: Job | None = None
    pauses = transport.pauses()
    while True:
        try:
            with transport.stream(path, {}) as response:
                if response.is_success:
                    for name, data in _events(split_lines(response.iter_bytes())):
                        pauses = transport.pauses()
                        changed = _apply(name, data, job)
                        if changed and changed != job:
                            job = changed
                            yield job
                        if name == "done":
                            return
                    raise httpx.RemoteProtocolError("the stream of events ended early")
                response.read()
        except httpx.TransportError as error:
            transport.pause_after(error, pauses)
        else:
            transport.pause_unless_final(response, pauses)


def _apply(name: str, data: bytes, job: Job | None) -> Job | None:
    match name:
        case "job" | "done":
            return Job.model_validate_json(data)
        case "progress" if job:
            return job.model_copy(update={"progress": Progress.model_validate_json(data)})
        case _:
            # An event of a newer gateway.
            return job


def _events(lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield each event's name and data; one that is cut off by the end is none."""
    name, data = "", list[bytes]()
    for line in lines:
        field, _, value = line.removesuffix(b"\r").partition(b":")
        match field:
            case b"event":
                name = value.strip().decode()
            case b"data":
                data.append(value.removeprefix(b" "))
            case b"" if not value:
                if data:
                    yield name, b"\n".join(data)
                name, data = "", []
