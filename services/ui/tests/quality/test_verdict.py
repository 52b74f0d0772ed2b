import pytest

from meadow.client.testing.answers import make_model
from meadow.client.testing.quality import make_quality
from meadow.quality.model import Verdict
from meadow.settings import Settings
from meadow_ui.quality.verdict import told, verdict_badge


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_words_and_a_tone(verdict: Verdict) -> None:
    shown = told(make_quality(make_model("3"), verdict=verdict), Settings())
    assert "<h2>" in shown
    assert shown.endswith(".</p></section>")
    assert "badge" in verdict_badge(verdict)


def test_a_drop_is_worse_than_a_drift() -> None:
    dropped = make_quality(make_model("3"), verdict=Verdict.PERFORMANCE_DROP, reasons=["A.", "B."])
    assert 'class="notice verdict bad"' in told(dropped, Settings())
    assert "<li>A.</li><li>B.</li>" in told(dropped, Settings())
