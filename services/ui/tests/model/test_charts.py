import re

from meadow.schemas.quality import Dimension, DimensionDrift, LabelledAccuracy, Verdict
from meadow_ui.model.charts import MOST_CLASSES, accuracy, drift, shares


def found(**changes: object) -> LabelledAccuracy:
    known = {"labelled": 40, "right": 36, "share": 0.9, "low": 0.77, "high": 0.96, "reference": 0.931}
    return LabelledAccuracy.model_validate({**known, "verdict": Verdict.OK, **changes})


def places(shown: str) -> list[float]:
    return [float(number) for number in re.findall(r"left:([\d.]+)%", shown)]


def test_accuracy_scale_shows_interval_share_and_hold_out() -> None:
    shown = accuracy(found())
    assert "<b>36 of 40</b> labelled answers are correct: <b>90.0 %</b>" in shown
    assert "(95 % confidence interval: 77.0 % to 96.0 %). Hold-out accuracy: 93.1 %." in shown
    assert "<span>70 %</span>" in shown
    low, reference, share = places(shown)
    assert (low, reference, share) == (23.33, 77.0, 66.67)
    assert "width:63.33%" in shown


def test_accuracy_scale_contains_all_marks() -> None:
    for changes in ({"share": 0.0, "low": 0.0, "high": 0.2, "right": 0}, {"share": 1.0, "high": 1.0, "low": 0.99}):
        assert all(0 <= place <= 100 for place in places(accuracy(found(**changes))))


def test_missing_hold_out_accuracy_has_no_mark() -> None:
    shown = accuracy(found(reference=None))
    assert "<u " not in shown
    assert "hold-out" not in shown.lower()


def test_missing_labels_show_where_to_label() -> None:
    shown = accuracy(found(labelled=0, right=0, share=None, low=None, high=None))
    assert (
        "No answer was labelled in this window. Label answers on the Classify page, or on the Review page. "
        "Hold-out accuracy: 93.1 %."
    ) in shown


def one(**fields: object) -> DimensionDrift:
    known = {"name": Dimension.INPUT, "images": 1200, "verdict": Verdict.OK}
    return DimensionDrift.model_validate({**known, **fields})


def test_psi_bar_is_capped_at_the_end_of_the_scale() -> None:
    shown = drift([one(psi=0.1, p_value=0.0421), one(psi=3.2, p_value=1e-9, verdict=Verdict.DRIFT)], 0.25)
    for expected in ("Input", "0.10", "width:20.0%", "0.042", "1,200", "3.20", 'class="over" style="width:100'):
        assert expected in shown
    assert "&lt; 0.001" in shown
    assert shown.count('class="over"') == 1
    assert "left:50.0%" in shown, "mark of the limit"


def test_too_few_images_have_no_psi() -> None:
    shown = drift([one(images=12, verdict=Verdict.TOO_FEW)], 0.25)
    assert "too few" in shown
    assert '<div class="psi">' not in shown


def test_version_without_hold_out_statistics_says_so() -> None:
    assert (
        "This version has no hold-out statistics to compare with: it was trained by an older Meadow release. "
        "The next version will have them."
    ) in drift([], 0.25)


def test_rare_classes_are_combined() -> None:
    classes = {f"c{number:02}": number for number in range(1, 13)}
    shown = shares(classes, {"confident": 70, "unsure": 8}, list(classes))
    assert shown.count("<li") == MOST_CLASSES + 1 + 2, "decisions without answers are left out"
    assert "other <strong>10</strong>" in shown
    assert shown.index("c12 <strong>") < shown.index("c11 <strong>")


def test_few_classes_are_not_combined() -> None:
    shown = shares({"<b>": 3}, {"unknown": 3}, [])
    assert "other" not in shown
    assert "<b> <strong>" not in shown
