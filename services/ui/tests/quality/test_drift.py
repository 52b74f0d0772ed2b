from meadow.quality.counts import Dimension
from meadow.quality.model import DimensionDrift, Verdict
from meadow_ui.quality.drift import drift


def one(**fields: object) -> DimensionDrift:
    known = {"name": Dimension.INPUT, "images": 1200, "verdict": Verdict.OK}
    return DimensionDrift.model_validate({**known, **fields})


def test_each_measure_is_drawn_up_to_the_scales_end() -> None:
    shown = drift([one(psi=0.1, p_value=0.0421), one(psi=3.2, p_value=1e-9, verdict=Verdict.DRIFT)], 0.25)
    for expected in ("What comes in", "0.10", "width:20.0%", "0.042", "1,200", "3.20", 'class="over" style="width:100'):
        assert expected in shown
    assert "&lt; 0.001" in shown
    assert shown.count('class="over"') == 1
    assert "left:50.0%" in shown, "the mark of the limit"


def test_too_few_images_have_no_index() -> None:
    shown = drift([one(images=12, verdict=Verdict.TOO_FEW)], 0.25)
    assert "too few" in shown
    assert '<div class="psi">' not in shown


def test_a_version_without_reference_says_so() -> None:
    assert "carries no counts" in drift([], 0.25)
