"""A picture's card: the picture, the answer, and how sure the model is."""

from collections.abc import Sequence
from html import escape

from meadow.predictions import Decision, Prediction, Score
from meadow_ui.markup import CLASS_COLOURS, badge, percent
from meadow_ui.pictures.advice import advice
from meadow_ui.pictures.picture import Picture, Stage

SHOWN_SCORES = 4

KINDS = {Decision.CONFIDENT: "sure", Decision.UNSURE: "unsure", Decision.UNKNOWN: "unknown"}

_WAITING_TEXT = {
    Stage.SENDING: "On its way",
    Stage.WAITING: "In the queue",
    Stage.CLASSIFYING: "Being classified",
}


def colour(label: str, classes: Sequence[str]) -> str:
    """The CSS class of a label's colour: its place in the model's order, the same on every page."""
    place = classes.index(label) if label in classes else len(classes)
    return f"class-{place % CLASS_COLOURS}"


def card(picture: Picture, classes: Sequence[str]) -> str:
    """The card as HTML."""
    if picture.stage is Stage.FAILED:
        kind, content = "failed", _failed(picture)
    elif picture.prediction and picture.job:
        kind = KINDS[picture.prediction.decision]
        model = picture.job.model
        content = answer(picture.prediction, model.version if model else "", classes)
    else:
        kind, content = (
            "waiting",
            f'<h3>{_WAITING_TEXT.get(picture.stage, "Almost there")}</h3><div class="shimmer"></div>',
        )
    name = f'<p class="name" title="{escape(picture.name)}">{escape(picture.name)}</p>'
    if picture.overlay:
        kind += " explained"
    shown = _image(picture) + _why(picture)
    return f'<article class="card {kind}">{shown}<div class="body">{content}{name}</div></article>'


def _image(picture: Picture) -> str:
    if picture.overlay:
        shown = f'<img src="{picture.thumbnail}" alt="{escape(picture.name)}">' if picture.thumbnail else ""
        return f'<figure>{shown}<img src="{picture.overlay}" alt="What the answer rests on"></figure>'
    if picture.thumbnail:
        return f'<figure><img src="{picture.thumbnail}" alt="{escape(picture.name)}"></figure>'
    text = "" if not picture.finished else "<span>no preview</span>"
    return f"<figure>{text}</figure>"


def _why(picture: Picture) -> str:
    if picture.overlay and picture.prediction:
        told = (
            f"The brighter a part, the more the answer <b>{escape(picture.prediction.label)}</b> loses when that part "
            "is hidden; what is dark at the edges the model does not see."
        )
        return f'<p class="why">{told}</p>'
    return f'<p class="why">{escape(picture.unexplained)}</p>' if picture.unexplained else ""


def answer(prediction: Prediction, version: str, classes: Sequence[str]) -> str:
    """What the model said: the decision, the probabilities, and which version it was."""
    if prediction.decision is Decision.UNKNOWN:
        head = f"<h3>Unknown</h3>{badge('none of these', 'unknown')}"
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
        f'<div class="bar {colour(score.label, classes)}"><span>{escape(score.label)}</span>'
        f'<em>{percent(score.probability)}</em><i><b style="width:{score.probability * 100:.1f}%"></b></i></div>'
    )


def _failed(picture: Picture) -> str:
    if picture.error is None:
        return "<h3>No answer</h3>"
    return (
        f"<header><h3>No answer</h3>{badge(picture.error.code, 'bad')}</header>"
        f'<p class="reason">{escape(picture.error.detail)}</p><p class="advice">{escape(advice(picture.error))}</p>'
    )
