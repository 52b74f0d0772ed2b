"""The data sets of a fake gateway, and the jobs that take images in and train; how those go on is for a test to say."""

import re
from urllib.parse import unquote

from pydantic import BaseModel

from fake_gateway.server import Answer, Asked, problem_answer
from fake_gateway.state import GatewayState, make_job
from meadow.schemas.dataset_diff import DatasetChanges
from meadow.schemas.dataset_images import DatasetImagePage
from meadow.schemas.dataset_summary import VersionSummary
from meadow.schemas.datasets import DatasetDetail, DatasetList
from meadow.schemas.ingestion import IngestRequest
from meadow.schemas.jobs import Job, JobKind
from meadow.schemas.training import TrainingRequest

_CHANGES_PATH = re.compile(r"/v1/datasets/([^/]+)/changes")
_IMAGES_PATH = re.compile(r"/v1/datasets/([^/]+)/images(?:/([0-9a-f]{64}))?")
_SUSPECTS_PATH = re.compile(r"/v1/datasets/([^/]+)/suspects")
_PATH = re.compile(r"/v1/datasets/([^/]+)(?:/versions/([^/]+)/report)?")


class FakeDatasets:
    """Lists what a test published, and accepts what is asked for: its job stays queued."""

    def __init__(self, state: GatewayState) -> None:
        self._state = state

    def respond(self, request: Asked) -> Answer | None:
        """Answer a request that is about data sets or training."""
        match request.method, request.path:
            case "GET", "/v1/datasets":
                newest = [VersionSummary.model_validate(one.model_dump()) for one in self._state.datasets]
                return _body(DatasetList(datasets=newest))
            case "POST", "/v1/datasets":
                return self._ingest(IngestRequest.model_validate_json(request.body))
            case "POST", "/v1/training-runs":
                return self._train(TrainingRequest.model_validate_json(request.body))
        if found := _PATH.fullmatch(request.path):
            return self._read(unquote(found[1]), found[2])
        return self._part(request)

    def _part(self, request: Asked) -> Answer | None:
        """Answer a request for a part of a data set."""
        if found := _CHANGES_PATH.fullmatch(request.path):
            return self._changes(unquote(found[1]), request.query.get("since", [""])[0])
        if found := _IMAGES_PATH.fullmatch(request.path):
            return self._images(request, unquote(found[1]), found[2])
        found = _SUSPECTS_PATH.fullmatch(request.path)
        return self._suspects(unquote(found[1])) if found else None

    def _read(self, name: str, digest: str | None) -> Answer:
        known: DatasetDetail | None = next((one for one in self._state.datasets if one.name == name), None)
        if digest is None and known:
            return _body(known)
        if digest in self._state.reports:
            return Answer(content=self._state.reports[digest], headers={"Content-Type": "text/html"})
        return problem_answer("not-found", 404, f"There is no such data set or report: {name}.")

    def _changes(self, name: str, since: str) -> Answer:
        known = next((one for one in self._state.datasets if one.name == name), None)
        if known is None or since not in {"", *self._state.changes, *(one.digest for one in known.versions)}:
            return problem_answer("not-found", 404, f"Data set {name!r} has no version {since}.")
        nothing = DatasetChanges(
            dataset=name,
            since=since,
            version=known.digest,
            added=0 if since else known.images,
            removed=0,
            relabelled=0,
        )
        return _body(self._state.changes.get(since, nothing))

    def _images(self, request: Asked, name: str, sha256: str | None) -> Answer:
        asked = {key: values[0] for key, values in request.query.items()}
        known = next((one for one in self._state.datasets if one.name == name), None)
        beginning = asked.get("version") or (known.digest if known else "")
        version = next((one.digest for one in known.versions if one.digest.startswith(beginning)), "") if known else ""
        if version not in self._state.dataset_images:
            return problem_answer("not-found", 404, f"Data set {name!r} has no version {beginning}.")
        images = self._state.dataset_images[version]
        if sha256:
            if sha256 not in {image.sha256 for image in images}:
                return problem_answer(
                    "not-found", 404, f"Version {version} of data set {name!r} has no image {sha256}."
                )
            return Answer(content=self._state.image_bytes[sha256], headers={"Content-Type": "image/jpeg"})
        images = [
            image
            for image in sorted(images, key=lambda image: image.sha256)
            if asked.get("label", image.label) == image.label and asked.get("split", image.split) == image.split
        ]
        start, size = int(asked.get("page_token", 0)), int(asked.get("page_size", 200))
        page = DatasetImagePage(
            name=name,
            version=version,
            total=len(images),
            images=images[start : start + size],
            next_page_token=str(start + size) if start + size < len(images) else "",
        )
        return _body(page)

    def _suspects(self, name: str) -> Answer:
        if name not in self._state.label_suspects:
            return problem_answer(
                "not-found", 404, f"No training run has examined the labels of data set {name!r} yet."
            )
        return _body(self._state.label_suspects[name])

    def _ingest(self, request: IngestRequest) -> Answer:
        if self._state.refusal:
            return problem_answer(*self._state.refusal)
        self._state.ingestions.append(request)
        return self._accept(f"ingest_{len(self._state.ingestions)}", JobKind.INGEST, request.name)

    def _train(self, request: TrainingRequest) -> Answer:
        if self._state.refusal:
            return problem_answer(*self._state.refusal)
        self._state.trainings.append(request)
        number = f"training_{len(self._state.trainings)}"
        return self._accept(number, JobKind.TRAINING, request.dataset, cause=request.cause)

    def _accept(self, number: str, kind: JobKind, name: str, **fields: object) -> Answer:
        job = Job.model_validate(make_job(number, kind=kind, name=name, **fields))
        self._state.jobs.insert(0, job)
        return _body(job, 202)


def _body(model: BaseModel, status: int = 200) -> Answer:
    return Answer(status, model.model_dump_json().encode())
