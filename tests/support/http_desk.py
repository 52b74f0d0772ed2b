"""A small HTTP server that notes what it is asked, and answers as it is told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class HttpDesk:
    """What the server has seen, and what it says."""

    answer: bytes
    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0
    most_at_once: int = 0
    pause: float = 0.0
    """How long an answer is thought about."""
    releases_at: int = 0
    """All answers are given at once when so many requests are under way, however short of the pause."""
    status: int = 200
    breaks_at: bytes = b""
    """A request with these bytes in it is answered by closing the connection."""
    closes: bool = False
    """Close the connection after each answer."""


@contextmanager
def http_desk(answer: bytes) -> Iterator[HttpDesk]:
    """Run a server for the time of the block."""
    desk = HttpDesk(answer)
    lock, at_once, thinking = threading.Lock(), [0], threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            with lock:
                desk.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                desk.bodies.append(body)
                desk.headers.append(dict(self.headers))
                at_once[0] += 1
                desk.most_at_once = max(desk.most_at_once, at_once[0])
                if at_once[0] == desk.releases_at:
                    thinking.set()
            thinking.wait(desk.pause)
            with lock:
                at_once[0] -= 1
            if desk.breaks_at and desk.breaks_at in body:
                self.close_connection = True
                return
            self.send_response(desk.status)
            self.send_header("Content-Length", str(len(desk.answer)))
            if desk.closes:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(desk.answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        desk.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield desk
        finally:
            server.shutdown()
            thread.join()
