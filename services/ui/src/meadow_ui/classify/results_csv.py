"""The answers as CSV for spreadsheets."""

import csv
import io
from collections.abc import Sequence

from meadow.result_formats import without_formula
from meadow_ui.classify.picture import Picture

COLUMNS = (
    "picture",
    "state",
    "label",
    "submitted_label",
    "decision",
    "probability",
    "ood_score",
    "width",
    "height",
    "infer_ms",
    "model_version",
    "error",
    "detail",
)


def to_csv(pictures: Sequence[Picture]) -> bytes:
    """One line per image, with a column for each class that has a score."""
    classes = sorted({score.label for picture in pictures if picture.prediction for score in picture.prediction.scores})
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS, *map(_column, classes)], restval="")
    writer.writeheader()
    for picture in pictures:
        row = {"picture": picture.name, "state": picture.stage.value, **_answer(picture)}
        if picture.error:
            row |= {"error": picture.error.code, "detail": picture.error.detail}
        writer.writerow({column: without_formula(value) for column, value in row.items()})
    # Spreadsheets need the byte order mark to read UTF-8.
    return text.getvalue().encode("utf-8-sig")


def _answer(picture: Picture) -> dict[str, str | float]:
    prediction, job = picture.prediction, picture.job
    if prediction is None or job is None:
        return {}
    scores = {_column(score.label): round(score.probability, 6) for score in prediction.scores}
    return {
        "label": prediction.label,
        "submitted_label": picture.submitted_label.label if picture.submitted_label else "",
        "decision": prediction.decision.value,
        "probability": round(prediction.scores[0].probability, 6) if prediction.scores else "",
        "ood_score": "" if prediction.ood_score is None else prediction.ood_score,
        "width": prediction.width,
        "height": prediction.height,
        "infer_ms": round(prediction.infer_ms, 2),
        "model_version": job.model.version if job.model else "",
        **scores,
    }


def _column(label: str) -> str:
    return f"p({label})"
