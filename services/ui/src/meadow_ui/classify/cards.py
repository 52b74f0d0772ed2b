"""HTML of the classify page: the summary bar, and a card per image with its answer or what to do without one."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from meadow.schemas.jobs import JobError
from meadow.schemas.predictions import Decision, Prediction, Score
from meadow.schemas.problems import ProblemCode
from meadow_ui.classify.picture import UNREACHABLE, Picture, Stage
from meadow_ui.classify.similar import similar_strip
from meadow_ui.classify.upload_list import Group
from meadow_ui.markup import DECISION_KINDS, badge, class_colour, percent, stacked_bar

SHOWN_SCORES = 4

_GROUPS = {
    Group.UNSURE: ("unsure", "unsure"),
    Group.UNKNOWN: ("unknown", "unknown"),
    Group.FAILED: ("failed", "no answer"),
    Group.PENDING: ("pending", "pending"),
}

_STAGE_TEXT = {
    Stage.SENDING: "Sending",
    Stage.WAITING: "Queued",
    Stage.CLASSIFYING: "Classifying",
}

_ADVICE = {
    ProblemCode.IMAGE_UNDECODABLE: "Open it in an image editor, save it as JPEG or PNG, and drop it again.",
    ProblemCode.UNSUPPORTED_TYPE: "Save it as JPEG, PNG or WebP and drop it again.",
    ProblemCode.TOO_LARGE: "Reduce its size or compress it more, then drop it again.",
    ProblemCode.TOO_MANY_PIXELS: "Scale it down and drop it again; a few megapixels are plenty.",
    ProblemCode.OVERLOADED: "The queue is full. Wait a minute, then retry.",
    ProblemCode.UNAVAILABLE: "Run `meadow status` to see which service is down, then retry.",
    ProblemCode.NO_MODEL: "Train a model first, then retry.",
    ProblemCode.UNAUTHENTICATED: "Set MEADOW_API_KEY for these pages to a key that the gateway accepts.",
    ProblemCode.WORKER_LOST: "This image crashes workers. Leave it out, and attach it to a bug report.",
    UNREACHABLE: "Run `meadow status` to see what is running, then retry.",
    "expired": "No worker picked it up in time. Check the Queues page, then retry.",
    "cancelled": "Retry if the job was not cancelled on purpose.",
}

_OTHERWISE = "Retry. If the error persists, run `meadow status` to find the logs."


def advice(error: JobError) -> str:
    """What to do about an image without an answer."""
    return _ADVICE.get(error.code, _OTHERWISE)


def summary_bar(groups: Counter[str], classes: Sequence[str]) -> str:
    """A stacked bar of labels, then of images without one, and how many are answered."""
    total = groups.total()
    labels = sorted((label for label in groups if label not in _GROUPS), key=lambda label: (-groups[label], label))
    parts = [(class_colour(label, classes), label, groups[label]) for label in labels]
    parts += [(kind, name, groups[group]) for group, (kind, name) in _GROUPS.items()]
    done = total - groups[Group.PENDING]
    head = f"{total} image{'s' * (total != 1)}" if done == total else f"{done} of {total} images"
    return f'<section class="summary-bar"><h2>{head}</h2>{stacked_bar(parts)}</section>'


def card(picture: Picture, classes: Sequence[str]) -> str:
    """The card of an image."""
    model = picture.job.model.version if picture.job and picture.job.model else ""
    if picture.stage is Stage.FAILED:
        kind, content = "failed", _failed(picture)
    elif picture.prediction and picture.job:
        kind = DECISION_KINDS[picture.prediction.decision]
        content = answer(picture.prediction, model, classes)
    else:
        kind = "waiting"
        content = f'<h3>{_STAGE_TEXT.get(picture.stage, "Finishing")}</h3><div class="shimmer"></div>'
    name = f'<p class="name" title="{escape(picture.name)}">{escape(picture.name)}</p>'
    if picture.overlay:
        kind += " explained"
    shown = _image(picture) + _explanation(picture) + similar_strip(picture.similar, model)
    return f'<article class="card {kind}">{shown}<div class="body">{content}{name}</div></article>'


def answer(prediction: Prediction, version: str, classes: Sequence[str]) -> str:
    """The decision, the probabilities and the model version."""
    if prediction.decision is Decision.UNKNOWN:
        head = f"<h3>Unknown</h3>{badge('no known class', 'unknown')}"
    elif prediction.decision is Decision.UNSURE:
        head = f"<h3>Unsure</h3>{badge('closest: ' + prediction.label, 'unsure')}"
    else:
        head = f"<h3>{escape(prediction.label)}</h3>{badge('confident', 'good')}"
    bars = "".join(_bar(score, classes) for score in prediction.scores[:SHOWN_SCORES])
    model = f" &middot; model {escape(version)}" if version else ""
    size = f"{prediction.width} &times; {prediction.height}"
    return (
        f'<header>{head}</header><div class="bars">{bars}</div>'
        f'<p class="small">{prediction.infer_ms:.1f} ms{model} &middot; {size}</p>'
    )


def _bar(score: Score, classes: Sequence[str]) -> str:
    return (
        f'<div class="bar {class_colour(score.label, classes)}"><span>{escape(score.label)}</span>'
        f'<em>{percent(score.probability)}</em><i><b style="width:{score.probability * 100:.1f}%"></b></i></div>'
    )


def _image(picture: Picture) -> str:
    if picture.overlay:
        shown = f'<img src="{picture.thumbnail}" alt="{escape(picture.name)}">' if picture.thumbnail else ""
        return f'<figure>{shown}<img src="{picture.overlay}" alt="Explanation heatmap"></figure>'
    if picture.thumbnail:
        return f'<figure><img src="{picture.thumbnail}" alt="{escape(picture.name)}"></figure>'
    text = "" if not picture.finished else "<span>no preview</span>"
    return f"<figure>{text}</figure>"


def _explanation(picture: Picture) -> str:
    if picture.overlay and picture.prediction:
        text = (
            f"The brighter a region, the more hiding it lowers the score of <b>{escape(picture.prediction.label)}</b>. "
            "The model does not see dark margins."
        )
        return f'<p class="explanation">{text}</p>'
    return f'<p class="explanation">{escape(picture.unexplained)}</p>' if picture.unexplained else ""


def _failed(picture: Picture) -> str:
    if picture.error is None:
        return "<h3>No answer</h3>"
    return (
        f"<header><h3>No answer</h3>{badge(picture.error.code, 'bad')}</header>"
        f'<p class="reason">{escape(picture.error.detail)}</p><p class="advice">{escape(advice(picture.error))}</p>'
    )
