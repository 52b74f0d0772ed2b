import re

from meadow.quality.model import LabelledAccuracy, Verdict
from meadow_ui.quality.accuracy import accuracy


def found(**changes: object) -> LabelledAccuracy:
    known = {"labelled": 40, "right": 36, "share": 0.9, "low": 0.77, "high": 0.96, "reference": 0.931}
    return LabelledAccuracy.model_validate({**known, "verdict": Verdict.OK, **changes})


def places(shown: str) -> list[float]:
    return [float(number) for number in re.findall(r"left:([\d.]+)%", shown)]


def test_the_scale_holds_the_interval_the_share_and_the_hold_out() -> None:
    shown = accuracy(found())
    assert "<b>36 of 40</b> labelled answers are right: <b>90.0 %</b>" in shown
    assert "between 77.0 % and 96.0 %. On the hold-out, 93.1 % are." in shown
    assert "<span>70 %</span>" in shown
    low, reference, share = places(shown)
    assert (low, reference, share) == (23.33, 77.0, 66.67)
    assert "width:63.33%" in shown


def test_nothing_is_drawn_outside_of_the_scale() -> None:
    for changes in ({"share": 0.0, "low": 0.0, "high": 0.2, "right": 0}, {"share": 1.0, "high": 1.0, "low": 0.99}):
        assert all(0 <= place <= 100 for place in places(accuracy(found(**changes))))


def test_without_a_hold_out_there_is_no_mark() -> None:
    shown = accuracy(found(reference=None))
    assert "<u " not in shown
    assert "hold-out" not in shown


def test_without_labels_it_is_said_where_they_come_from() -> None:
    shown = accuracy(found(labelled=0, right=0, share=None, low=None, high=None))
    assert "Nobody has labelled an answer" in shown
    assert "93.1 %" in shown
