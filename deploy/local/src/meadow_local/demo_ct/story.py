"""Three chapters: a first model, a better one by new data, and what happens when a camera grows old."""

import json
import time

from meadow.client import Client
from meadow.schemas.feedback import Feedback
from meadow.schemas.jobs import JobKind
from meadow.schemas.models import ModelInfo
from meadow.schemas.quality import Verdict
from meadow_local.airflow.api import AirflowApi
from meadow_local.demo_ct.following import follow, run_started_by_asset
from meadow_local.demo_ct.pictures import INBOX, drop_into_inbox, worn_out_pictures
from meadow_local.demo_ct.timeline import Timeline
from meadow_local.errors import StackError
from meadow_local.settings import LocalSettings

DATASET = "lawns"
FIRST_PER_CLASS = 12
"""A beginning, so that there is something to be better than."""
MORE_PER_CLASS = 200
"""Enough for a hold-out that shows the difference."""
WORN_OUT = 60
ANSWER_SECONDS = 60.0


class ContinuousTraining:
    """The story, told over a running stack with Airflow."""

    def __init__(self, settings: LocalSettings, client: Client, airflow: AirflowApi, timeline: Timeline) -> None:
        self._settings = settings
        self._client = client
        self._airflow = airflow
        self._timeline = timeline

    def tell(self) -> None:
        """Tell it from the beginning; the stack is a fresh one.

        Raises:
            StackError: It went otherwise.
        """
        sources = [
            {"type": "s3_prefix", "uri": f"s3://{self._settings.images_bucket}/{INBOX}"},
            {"type": "corrections"},
        ]
        self._set("meadow_dataset", DATASET)
        self._set("meadow_sources", json.dumps(sources))
        self._learn("The first labelled images arrive", per_class=FIRST_PER_CLASS, seed=1)
        self._learn("More labelled images arrive", per_class=MORE_PER_CLASS, seed=2)
        self._wear_out()
        self._look_again()

    def _learn(self, title: str, *, per_class: int, seed: int) -> None:
        """New images -> data set -> training -> gate -> roll-out -> answers."""
        self._timeline.chapter(title)
        count = drop_into_inbox(self._settings, per_class=per_class, seed=seed)
        self._timeline.add("arrive", f"{count} images in s3://{self._settings.images_bucket}/{INBOX}")
        before = len(self._airflow.runs("retrain"))
        follow(self._airflow, self._timeline, "ingest", self._airflow.start("ingest"))
        retrain = run_started_by_asset(self._airflow, "retrain", before)
        self._timeline.add("retrain is started", "by the new version of the data set")
        tasks = follow(self._airflow, self._timeline, "retrain", retrain)
        if tasks.get("verify_roll_out") != "success":
            raise StackError(f"No new version came into production: {tasks}")
        model = self._client.current_model()
        self._timeline.add("classify", self._answered_by(model))

    def _answered_by(self, model: ModelInfo) -> str:
        """Ask the workers, and say who has answered."""
        [(shown, picture)] = worn_out_pictures(1, seed=99)
        job = self._client.wait(self._client.submit_image(picture, name=f"{shown}.jpg").id, timeout=ANSWER_SECONDS)
        if job.model != model.ref:
            raise StackError(f"The answer is by {job.model}, not by {model.ref}.")
        accuracy = "" if model.holdout_accuracy is None else f", {model.holdout_accuracy:.1%} of its hold-out right"
        return f"answered by version {model.ref.version}{accuracy}"

    def _wear_out(self) -> None:
        """Wrongly behaving inputs, and people who say so -> monitor -> retrain."""
        self._timeline.chapter("A camera grows old, and people correct the answers")
        said = [self._ask_and_tell(shown, picture) for shown, picture in worn_out_pictures(WORN_OUT, seed=3)]
        right = sum(feedback.right for feedback in said)
        self._timeline.add("feedback", f"{right} of {len(said)} answers were right")
        # Workers pass their counts on every few seconds; labels count at once.
        quality = self._client.quality()
        self._timeline.add("quality", f"{quality.verdict}: {' '.join(quality.reasons)}")
        if quality.verdict not in (Verdict.PERFORMANCE_DROP, Verdict.DRIFT):
            raise StackError(f"The worn-out camera was not noticed: {quality.verdict}.")
        before = len(self._airflow.runs("retrain"))
        follow(self._airflow, self._timeline, "monitor", self._airflow.start("monitor"))
        retrain = run_started_by_asset(self._airflow, "retrain", before)
        self._timeline.add("retrain is started", "by what monitor has found")
        follow(self._airflow, self._timeline, "retrain", retrain)
        newest = self._client.jobs(kind=JobKind.TRAINING, page_size=1).jobs[0]
        self._timeline.add("training run", f"{newest.id}, cause: {newest.cause}, {newest.state}")

    def _ask_and_tell(self, shown: str, picture: bytes) -> Feedback:
        job = self._client.wait(self._client.submit_image(picture).id, timeout=ANSWER_SECONDS)
        feedback = self._client.give_feedback(job.id, shown).feedback
        if feedback is None:
            raise StackError(f"What was said of {job.id} was not kept.")
        return feedback

    def _look_again(self) -> None:
        """The same trigger once more -> nothing."""
        self._timeline.chapter("The monitor looks again")
        runs = len(self._client.jobs(kind=JobKind.TRAINING).jobs)
        run = self._airflow.start("monitor")
        tasks = follow(self._airflow, self._timeline, "monitor", run)
        time.sleep(2)
        after = len(self._client.jobs(kind=JobKind.TRAINING).jobs)
        if tasks.get("watch") != "skipped" or after != runs:
            raise StackError(f"The second trigger started another training run: {tasks}")
        self._timeline.add("monitor: watch", f"{tasks['watch']}: {runs} training runs as before", state="skipped")

    def _set(self, name: str, value: str) -> None:
        self._airflow.set_variable(name, value)
