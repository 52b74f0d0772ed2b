"""Label and feedback endpoints."""
# Written from aio/calls/labels.py by `make sync-client`: change that file instead.

from urllib.parse import quote

from meadow.client.calls.base import Calls
from meadow.client.wire import JSON_BODY, job_path, parsed, quoted
from meadow.image_files.types import media_type
from meadow.schemas.correction import Correction, CorrectionCounts
from meadow.schemas.feedback import FeedbackRequest
from meadow.schemas.jobs import Job
from meadow.schemas.review import ReviewPage


class LabelCalls(Calls):
    """Feedback on answers, the uncertain ones that wait for a person, and corrections."""

    def correct(
        self, data: bytes, label: str, *, job_id: str = "", name: str = "", new_class: bool = False
    ) -> Correction:
        """Say what an image really shows, so that a model can learn from it.

        Args:
            data: The image.
            label: What it shows: a class of the model in production.
            job_id: The job whose answer is corrected.
            name: What people call the image.
            new_class: The label is a class that the model does not have yet.
        """
        asked = {"label": label, "job_id": job_id, "new_class": "true" if new_class else ""}
        headers = {"Content-Type": media_type(data, name)}
        if name:
            headers["X-Image-Name"] = quote(name)
        params = {key: value for key, value in asked.items() if value}
        response = self._transport.send("POST", "/v1/corrections", params=params, headers=headers, content=data)
        return parsed(Correction, response)

    def corrections(self) -> CorrectionCounts:
        """How many images have a corrected label."""
        return parsed(CorrectionCounts, self._transport.send("GET", "/v1/corrections"))

    def give_feedback(self, job_id: str, label: str, *, note: str = "", new_class: bool = False) -> Job:
        """Correct or confirm a job's answer; its image need not be sent as long as the gateway keeps it.

        Args:
            job_id: A classification that has succeeded.
            label: What its image shows.
            note: For people.
            new_class: The label is a class that the model does not have yet.
        """
        content = FeedbackRequest(label=label, note=note, new_class=new_class).model_dump_json().encode()
        return parsed(
            Job, self._transport.send("PUT", f"{job_path(job_id)}/feedback", headers=JSON_BODY, content=content)
        )

    def reviews(self, *, page_size: int | None = None, page_token: str = "") -> ReviewPage:
        """A page of the answers that the model was not sure of, newest first."""
        asked = {"page_size": page_size, "page_token": page_token}
        params = {key: value for key, value in asked.items() if value}
        return parsed(ReviewPage, self._transport.send("GET", "/v1/reviews", params=params))

    def review_image(self, item_id: str) -> bytes:
        """The image of one of them."""
        response = self._transport.send("GET", f"{_review(item_id)}/image")
        return response.content

    def label_review(self, item_id: str, label: str, *, new_class: bool = False) -> Correction:
        """Say what one of them shows; it leaves the list."""
        content = FeedbackRequest(label=label, new_class=new_class).model_dump_json().encode()
        return parsed(Correction, self._transport.send("PUT", _review(item_id), headers=JSON_BODY, content=content))

    def forget_review(self, item_id: str) -> None:
        """Take one of them from the list without a label."""
        self._transport.send("DELETE", _review(item_id))


def _review(item_id: str) -> str:
    return f"/v1/reviews/{quoted(item_id)}"
