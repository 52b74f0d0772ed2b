import re
from html import unescape

import pytest

from fake_gateway.answers import make_model
from fake_gateway.quality import make_quality
from meadow.schemas.quality import Verdict
from meadow_ui.model.charts import verdict_badge
from meadow_ui.model.quality import verdict_notice

SENTENCES = {
    Verdict.OK: (
        "good",
        "No problem detected",
        "Neither the labelled answers nor the incoming images indicate a problem.",
    ),
    Verdict.TOO_FEW: (
        "quiet",
        "Not enough data yet",
        "Drift is evaluated from 1,200 images, labelled accuracy from 30 labels.",
    ),
    Verdict.DRIFT: (
        "unsure",
        "Drift detected",
        "Drift does not imply lower accuracy: check some answers and label them.",
    ),
    Verdict.PERFORMANCE_DROP: (
        "bad",
        "Accuracy is below the hold-out accuracy",
        "Retrain with the labelled images on the Data page.",
    ),
}
BADGES = {
    Verdict.OK: '<span class="badge good">ok</span>',
    Verdict.TOO_FEW: '<span class="badge quiet">too few</span>',
    Verdict.DRIFT: '<span class="badge unsure">drift</span>',
    Verdict.PERFORMANCE_DROP: '<span class="badge bad">performance drop</span>',
}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_verdict_is_shown_with_its_tone_title_reasons_and_advice(verdict: Verdict) -> None:
    report = make_quality(make_model("3"), verdict=verdict, reasons=["It rains.", "1 < 2 labels."])
    report.rule = report.rule.model_copy(update={"min_images": 1200, "min_labels": 30})
    shown = verdict_notice(report)
    found = re.fullmatch(
        r'<section class="notice verdict (\w+)"><h2>([^<]*)</h2><ul>((?:<li>[^<]*</li>)*)</ul><p>([^<]*)</p></section>',
        shown,
    )
    assert found
    tone, title, reasons, advice = map(unescape, found.groups())
    assert (tone, title, advice) == SENTENCES[verdict]
    assert reasons == "<li>It rains.</li><li>1 < 2 labels.</li>"
    assert "1 &lt; 2" in shown


@pytest.mark.parametrize("verdict", list(Verdict))
def test_verdict_without_reasons_has_no_list(verdict: Verdict) -> None:
    shown = verdict_notice(make_quality(make_model("3"), verdict=verdict, reasons=[]))
    tone, title, _ = SENTENCES[verdict]
    assert shown.startswith(f'<section class="notice verdict {tone}"><h2>{title}</h2><p>')


@pytest.mark.parametrize("verdict", list(Verdict))
def test_verdict_badge_has_the_colour_of_the_notice(verdict: Verdict) -> None:
    assert verdict_badge(verdict) == BADGES[verdict]
