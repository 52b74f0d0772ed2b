"""The labels of a fake gateway: corrections, feedback on answers, and uncertain answers that wait for a person."""

import hashlib
import re
from collections import Counter
from datetime import UTC, datetime
from urllib.parse import unquote

from pydantic import BaseModel

from fake_gateway.server import Answer, Asked, problem_answer
from fake_gateway.state import GatewayState, Submitted
from meadow.schemas.correction import Correction, CorrectionCounts
from meadow.schemas.feedback import Feedback, FeedbackRequest, LabelOrigin
from meadow.schemas.predictions import Prediction
from meadow.schemas.review import ReviewItem, ReviewPage

_FEEDBACK = re.compile(r"/v1/jobs/([^/:]+)/feedback")
_REVIEW = re.compile(r"/v1/reviews/([^/]+)(/image)?")
PAGE = 50


class FakeLabels:
    """Keeps what is said. Labels are the classes of the model in production, and new ones that are said to be new."""

    def __init__(self, state: GatewayState) -> None:
        self._state = state

    def respond(self, request: Asked) -> Answer | None:
        """Answer a request that is about labels."""
        asked = (request.method, request.path)
        if asked == ("POST", "/v1/corrections"):
            return self._correct(request)
        if asked == ("GET", "/v1/corrections"):
            return _body(self._count())
        if asked == ("GET", "/v1/reviews"):
            return self._list(request)
        found = _FEEDBACK.fullmatch(request.path)
        if found and request.method == "PUT" and found[1] in self._state.submitted:
            return self._give_feedback(request, self._state.submitted[found[1]])
        found = _REVIEW.fullmatch(request.path)
        return self._review(request, found[1], image=bool(found[2])) if found else None

    def _correct(self, request: Asked) -> Answer:
        said = FeedbackRequest(label=request.query["label"][0], new_class=request.query.get("new_class") == ["true"])
        name = unquote(request.headers["X-Image-Name"] or "")
        job_id = request.query.get("job_id", [""])[0]
        refused = self._refuse(said)
        return refused or _body(self._keep(said, request.body, LabelOrigin.CORRECTION, job_id, name), 201)

    def _give_feedback(self, request: Asked, submitted: Submitted) -> Answer:
        said = FeedbackRequest.model_validate_json(request.body)
        refused = self._refuse(said)
        if refused:
            return refused
        if self._state.images_gone:
            return problem_answer("image-gone", 409, f"The image of {submitted.job.id} is not kept any more.")
        kept = self._keep(said, submitted.image, LabelOrigin.FEEDBACK, submitted.job.id, submitted.job.name)
        answer = submitted.job.result
        right = isinstance(answer, Prediction) and answer.label == said.label
        feedback = Feedback(label=said.label, right=right, sha256=kept.sha256, note=said.note, at=kept.created_at)
        submitted.job = submitted.job.model_copy(update={"feedback": feedback})
        return _body(submitted.job)

    def _list(self, request: Asked) -> Answer:
        start = int(request.query.get("page_token", ["0"])[0])
        end = start + int(request.query.get("page_size", [str(PAGE)])[0])
        waiting = self._state.reviews
        token = str(end) if end < len(waiting) else ""
        return _body(ReviewPage(items=waiting[start:end], total=len(waiting), next_page_token=token))

    def _review(self, request: Asked, number: str, *, image: bool) -> Answer:
        item = next((one for one in self._state.reviews if one.id == number), None)
        if request.method == "DELETE":
            self._take_out(number)
            return Answer(204)
        if item is None or (image and number not in self._state.review_images):
            return problem_answer("not-found", 404, f"There is no uncertain answer {number!r}, or no more.")
        if image:
            return Answer(content=self._state.review_images[number])
        return self._label(request, item)

    def _label(self, request: Asked, item: ReviewItem) -> Answer:
        said = FeedbackRequest.model_validate_json(request.body)
        refused = self._refuse(said)
        if refused:
            return refused
        image = self._state.review_images.get(item.id, b"")
        self._take_out(item.id)
        return _body(self._keep(said, image, LabelOrigin.REVIEW, item.job_id, item.name))

    def _take_out(self, number: str) -> None:
        self._state.reviews = [one for one in self._state.reviews if one.id != number]

    def _refuse(self, said: FeedbackRequest) -> Answer | None:
        model = self._state.model
        if said.new_class or model is None or said.label in model.classes:
            return None
        return problem_answer("unknown-label", 422, f"{said.label!r} is no class of the model in production.")

    def _keep(self, said: FeedbackRequest, image: bytes, origin: LabelOrigin, job_id: str, name: str) -> Correction:
        correction = Correction(
            sha256=hashlib.sha256(image).hexdigest(),
            label=said.label,
            new_class=said.new_class,
            name=name,
            job_id=job_id,
            origin=origin,
            created_at=datetime.now(UTC),
        )
        self._state.corrections.append(correction)
        return correction

    def _count(self) -> CorrectionCounts:
        last = {correction.sha256: correction.label for correction in self._state.corrections}
        return CorrectionCounts(total=len(last), labels=Counter(last.values()))


def _body(model: BaseModel, status: int = 200) -> Answer:
    return Answer(status, model.model_dump_json().encode())
