"""A gateway without anything behind it: a real HTTP server that keeps the interface's promises.

Also a process of its own, to try the DAGs on: `python stand_in_gateway.py PORT`.
"""

import hashlib
import itertools
import json
import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]


@dataclass
class Answer:
    """What to send back."""

    status: int
    body: object
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """Its body."""
        asked: Json = json.loads(self.body or b"{}")
        return asked


def problem(status: int, code: str, detail: str = "", **headers: str) -> Answer:
    """An answer that reports a problem."""
    return Answer(status, {"code": code, "title": code, "detail": detail or code, "status": status}, headers)


def model(version: str) -> Json:
    """A reference to a model version."""
    return {"name": "meadow-classifier", "version": version, "digest": f"bundle-{version}"}


def now(**ago: float) -> str:
    """A time, as JSON has it."""
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


class StandInGateway(ThreadingHTTPServer):
    """Serves what its attributes say; a test sets them as it likes."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.asked: list[Asked] = []
        self.script: list[Answer] = []
        """Answers that come first, whatever is asked."""
        self.api_key = ""
        self.jobs: dict[str, Json] = {}
        self.job_seconds = 0.0
        """How long a job takes; those that wait for a test to end them have None."""
        self.ends_as: Json = {"state": "succeeded"}
        """Changes to a job that ends by itself."""
        self.decision = "promoted"
        self.ingest_changed = True
        self.dataset: Json | None = {"name": "lawns", "digest": "d2", "created_at": now(), "images": 120, "classes": {}}
        self.changes = {"added": 40, "removed": 0, "relabelled": 0}
        self.production: list[str] = ["1"]
        self.trained_on = "d1"
        self.workers = 2
        self.worker_serves: str | None = None
        """The version that the workers are stuck at; None: what is in production."""
        self.refusal: str = ""
        """Why the workers refuse what is in production."""
        self.classify_seconds = 0.0
        """How long an image waits for its answer."""
        self.quality: Json = {"verdict": "ok", "reasons": []}
        self._numbers = itertools.count(1)
        self._keys: dict[str, tuple[bytes, str]] = {}
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    def paths(self, method: str = "") -> list[str]:
        """What was asked for, in order."""
        return [asked.path for asked in self.asked if method in ("", asked.method)]

    def end(self, job_id: str, **changes: object) -> None:
        """End a job."""
        with self.changed:
            self.jobs[job_id] |= {"finished_at": now(), "state": "succeeded", **changes}
            self.changed.notify_all()

    def add_run(self, cause: str, *, hours_ago: float) -> None:
        """Add a training run of the past."""
        with self.lock:
            job = self._new_job("training", {"cause": cause})
            job |= {"created_at": now(hours=hours_ago), "state": "succeeded"}

    def respond(self, asked: Asked) -> Answer:
        """Find the answer."""
        with self.lock:
            self.asked.append(asked)
            if self.script:
                return self.script.pop(0)
            if self.api_key and asked.headers.get("authorization") != f"Bearer {self.api_key}":
                return problem(401, "unauthenticated")
        for method, pattern, route in self._routes():
            found = re.fullmatch(pattern, asked.path)
            if found and method == asked.method:
                return route(asked, *found.groups())
        return problem(404, "not-found", f"There is nothing at {asked.path}.")

    def _routes(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        return [
            ("POST", r"/v1/training-runs", lambda asked: self._submit("training", asked)),
            ("GET", r"/v1/training-runs", self._training_runs),
            ("POST", r"/v1/datasets", lambda asked: self._submit("ingest", asked)),
            ("GET", r"/v1/datasets/([^/]+)", self._dataset),
            ("GET", r"/v1/datasets/([^/]+)/changes", self._changes),
            ("GET", r"/v1/(?:jobs|training-runs)/([^/:]+)", self._job),
            ("POST", r"/v1/(?:jobs|training-runs)/([^/:]+):cancel", self._cancel),
            ("GET", r"/v1/models/current", self._current),
            ("POST", r"/v1/models:rollback", self._roll_back),
            ("GET", r"/v1/status", self._status),
            ("GET", r"/v1/quality", lambda _: Answer(200, self.quality)),
            ("POST", r"/v1/classifications", self._classify),
            ("PUT", r"/stand-in", self._set),
        ]

    def _set(self, asked: Asked) -> Answer:
        with self.lock:
            for name, value in asked.json.items():
                setattr(self, name, value)
        return Answer(200, {})

    def _submit(self, kind: str, asked: Asked) -> Answer:
        key = asked.headers.get("idempotency-key", "")
        with self.lock:
            if key in self._keys:
                body, job_id = self._keys[key]
                if body != asked.body:
                    return problem(422, "idempotency-key-reused")
                return Answer(202, self._progressed(job_id), {"Idempotent-Replayed": "true"})
            job = self._new_job(kind, asked.json)
            if key:
                self._keys[key] = (asked.body, job["id"])
            return Answer(202, job)

    def _new_job(self, kind: str, request: Json) -> Json:
        job_id = f"job_{next(self._numbers)}"
        job: Json = {"id": job_id, "kind": kind, "state": "queued", "created_at": now(), "finished_at": None}
        job |= {"cause": request.get("cause"), "result": None, "error": None, "request": request, "begun": time.time()}
        job["progress"] = {"done": 0, "total": 10, "message": "waits"}
        self.jobs[job_id] = job
        return job

    def _progressed(self, job_id: str) -> Json:
        job = self.jobs[job_id]
        if job["state"] in ("queued", "running"):
            job["state"] = "running"
            passed = time.time() - job["begun"]
            job["progress"] = {"done": int(passed), "total": 10, "message": "goes on"}
            if job["kind"] == "classification":
                if passed >= self.classify_seconds:
                    job |= {"finished_at": now(), "state": "succeeded", **job["request"]}
            elif self.job_seconds is not None and passed >= self.job_seconds:
                job |= {"finished_at": now(), "result": self._result(job), **self.ends_as}
        return job

    def _result(self, job: Json) -> Json:
        request = job["request"]
        if job["kind"] == "ingest":
            result = {"dataset": request["name"], "version": "d2", "changed": self.ingest_changed, "images": 120}
            return result | {"classes": {}, "added": 40, "removed": 0, "rejected": {}, "report": ""}
        version = str(len(self.production) + 1)
        if self.decision == "promoted":
            self.production.append(version)
            self.trained_on = request["dataset_version"]
        return {
            "run_id": "r", "run_url": "http://mlflow/r", "model": model(version), "holdout_accuracy": 0.9,
            "champion_accuracy": 0.8, "champion_version": "1", "gain": 0.1, "p_value": 0.01,
            "decision": self.decision, "reason": f"It was {self.decision} by rule.",
        }  # fmt: skip

    def _job(self, asked: Asked, job_id: str) -> Answer:
        wait = re.search(r"wait=(\d+)", asked.headers.get("prefer", ""))
        deadline = time.monotonic() + (int(wait[1]) if wait else 0)
        with self.changed:
            if job_id not in self.jobs:
                return problem(404, "not-found", f"There is no job {job_id}.")
            while (job := self._progressed(job_id))["finished_at"] is None:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self.changed.wait(min(left, 0.05))
            return Answer(200, dict(job))

    def _cancel(self, _: Asked, job_id: str) -> Answer:
        with self.lock:
            if job_id not in self.jobs:
                return problem(404, "not-found")
            if self.jobs[job_id]["finished_at"]:
                return problem(409, "job-finished")
            self.end(job_id, state="cancelled")
            return Answer(200, self.jobs[job_id])

    def _training_runs(self, asked: Asked) -> Answer:
        with self.lock:
            runs = [job for job in reversed(self.jobs.values()) if job["kind"] == "training"]
            runs.sort(key=lambda job: str(job["created_at"]), reverse=True)
            start, size = int(asked.query.get("page_token", 0)), 2
            more = start + size < len(runs)
            return Answer(
                200, {"jobs": runs[start : start + size], "next_page_token": str(start + size) if more else ""}
            )

    def _dataset(self, _: Asked, name: str) -> Answer:
        if self.dataset is None or self.dataset["name"] != name:
            return problem(404, "not-found", f"There is no data set {name}.")
        return Answer(200, self.dataset)

    def _changes(self, asked: Asked, name: str) -> Answer:
        assert self.dataset
        since = asked.query.get("since", "")
        if since not in ("", "d1", self.dataset["digest"]):
            return problem(404, "not-found", f"There is no version {since}.")
        counts = self.changes if since else {"added": self.dataset["images"], "removed": 0, "relabelled": 0}
        if since == self.dataset["digest"]:
            counts = dict.fromkeys(counts, 0)
        return Answer(200, {"dataset": name, "since": since, "version": self.dataset["digest"], **counts})

    def _current(self, _: Asked) -> Answer:
        if not self.production:
            return problem(404, "no-model", "No model is in production yet.")
        info = {"ref": model(self.production[-1]), "dataset_digest": self.trained_on, "classes": ["dandelion", "grass"]}
        return Answer(200, info)

    def _roll_back(self, asked: Asked) -> Answer:
        with self.lock:
            if len(self.production) < 2:
                return problem(409, "promotion-refused", "There is nothing before.")
            key = asked.headers.get("idempotency-key", "")
            if key not in self._keys:
                self._keys[key] = (asked.body, "")
                self.production.pop()
            return Answer(200, {"changed": True, "model": {"ref": model(self.production[-1])}})

    def _served(self) -> Json | None:
        version = self.worker_serves or (self.production[-1] if self.production else None)
        return model(version) if version else None

    def _status(self, _: Asked) -> Answer:
        refused = {"model": model(self.production[-1]), "reason": self.refusal, "at": now()} if self.refusal else None
        workers = [
            {"worker": f"w{number}", "engine": "none", "model": self._served(), "refused": refused, "seen_at": now()}
            for number in range(self.workers)
        ]
        return Answer(200, {"workers": workers, "queues": [], "inflight_bytes": 0})

    def _classify(self, asked: Asked) -> Answer:
        if not asked.body.startswith(b"\xff\xd8"):
            return problem(415, "unsupported-type", "The type is not read here.")
        label = hashlib.sha256(asked.body).digest()[0] % 2
        result = {"label": ["dandelion", "grass"][label], "scores": []}
        with self.lock:
            job = self._new_job("classification", {"result": result, "model": self._served()})
            ended = self._progressed(job["id"])["finished_at"]
            return Answer(200 if ended else 202, dict(job))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StandInGateway

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.respond(Asked(self.command, url.path, query, headers, body))
        content = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = _handle  # noqa: N815 - the names that http.server asks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


if __name__ == "__main__":
    StandInGateway(int(sys.argv[1])).serve_forever()
