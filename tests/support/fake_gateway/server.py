"""A real HTTP server that answers as it is scripted, and keeps what it was asked."""

import json
import threading
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Message
    body: bytes


@dataclass
class Answer:
    """What to send back."""

    status: int = 200
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False
    cut_after: int | None = None
    """Bytes of the content after which the connection closes, as when a gateway is killed in the middle."""


def json_answer(body: object, status: int = 200, **headers: str) -> Answer:
    """An answer with a JSON body; underscores in the headers' names stand for hyphens."""
    return Answer(status, json.dumps(body).encode(), {name.replace("_", "-"): text for name, text in headers.items()})


def problem_answer(code: str, status: int, detail: str, **headers: str) -> Answer:
    """An answer that reports a problem."""
    body = {"type": f"/problems/{code}", "title": code, "status": status, "detail": detail, "code": code}
    return json_answer(body, status, Content_Type="application/problem+json", **headers)


class ScriptedServer(ThreadingHTTPServer):
    """Gives the scripted answers one after another; runs in a thread while used as a context manager."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    """Clients of many threads connect at once; the kernel drops what is beyond, and they wait for long."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.asked: list[Asked] = []
        self.answers: list[Answer] = []
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self.server_port}"

    def reply(self, body: object = None, status: int = 200, *, raw: bytes | None = None, **headers: str) -> None:
        """Script an answer: JSON, or `raw` bytes."""
        self.answers.append(json_answer(body, status, **headers) if raw is None else Answer(status, raw))

    def reply_job(self, state: str = "queued", status: int = 200, **fields: object) -> None:
        """Script the answer that job `job_1` is in this state."""
        links = {"self": "/v1/jobs/job_1", "cancel": "/v1/jobs/job_1:cancel"}
        job = {"id": "job_1", "kind": "classification", "state": state, "created_at": "2026-05-04T10:00:00Z"}
        self.reply({**job, "links": links, **fields}, status)

    def reply_problem(self, code: str, status: int, detail: str, **headers: str) -> None:
        """Script a problem."""
        self.answers.append(problem_answer(code, status, detail, **headers))

    def hang_up(self) -> None:
        """Script a connection that closes without a word, as a gateway that is killed does."""
        self.answers.append(Answer(hang_up=True))

    def respond(self, request: Asked) -> Answer:
        """Find the answer to a request."""
        self.asked.append(request)
        return self.answers.pop(0)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ScriptedServer

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        answer = self.server.respond(Asked(self.command, url.path, parse_qs(url.query), self.headers, body))
        if answer.hang_up:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content[: answer.cut_after])
        if answer.cut_after is not None:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - the names that http.server asks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""
