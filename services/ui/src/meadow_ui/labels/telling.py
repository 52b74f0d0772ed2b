"""Telling the gateway what a dropped picture shows."""

from meadow.client import ApiProblem, ClientError, MeadowClient
from meadow.problems import ProblemTypes
from meadow_ui.labels.said import Said
from meadow_ui.pictures.picture import Picture

_LATE = {ProblemTypes.IMAGE_GONE.code, ProblemTypes.JOB_GONE.code}
"""The gateway keeps an answered image, and in the end the job, for a while only."""

_FORGOTTEN = "This picture was answered too long ago to be still there. Drop it again, then say what it shows."


def tell(client: MeadowClient, picture: Picture, said: Said) -> None:
    """Say what an answered picture shows; where its image is not kept any more, it is sent again.

    The picture remembers what was said, or why that did not arrive.
    """
    picture.tries += 1
    picture.unheard = ""
    if picture.job is None:
        return
    try:
        try:
            client.give_feedback(picture.job.id, said.label, new_class=said.new_class)
        except ApiProblem as problem:
            if problem.code not in _LATE:
                raise
            if not picture.data:
                picture.unheard = _FORGOTTEN
                return
            _send(client, picture, picture.job.id, said)
    except ClientError as error:
        picture.unheard = str(error)
    else:
        picture.said = said


def _send(client: MeadowClient, picture: Picture, job_id: str, said: Said) -> None:
    client.correct(picture.data, said.label, job_id=job_id, name=picture.name, new_class=said.new_class)
