from collections.abc import Callable
from pathlib import Path

import pytest

from fake_gateway import FakeGateway
from fake_gateway.answers import make_model

Meadow = Callable[..., int]
Shown = pytest.CaptureFixture[str]


def test_a_label_is_corrected(meadow: Meadow, gateway: FakeGateway, photos: Callable[..., Path], capsys: Shown) -> None:
    gateway.state.model = make_model()
    image = photos("lawn.png") / "lawn.png"
    assert meadow("correct", image, "grass", "--job", "job_1") == 0
    assert "lawn.png shows grass. 1 image(s) are corrected so far" in capsys.readouterr().out
    [kept] = gateway.state.corrections
    assert (kept.label, kept.job_id, kept.name) == ("grass", "job_1", "lawn.png")
    assert meadow("correct", image, "moss") == 2
    assert "'moss' is no class of the model" in capsys.readouterr().err
    assert meadow("correct", image, "moss", "--new-class") == 0
    assert gateway.state.corrections[-1].new_class
