import io
from collections import Counter
from pathlib import Path

from rich.console import Console

from fake_gateway.answers import classify_by_name, make_model
from meadow.schemas.predictions import Prediction
from meadow_local.demo.classify import FolderAnswer, OneAnswer
from meadow_local.demo.summary import show_summary
from meadow_local.parts import PARTS
from meadow_local.settings import LocalSettings


def test_the_summary_says_what_runs_where_and_what_was_found(settings: LocalSettings) -> None:
    prediction = classify_by_name(b"", "grass.jpg")
    assert isinstance(prediction, Prediction)
    one = OneAnswer(Path("grass.jpg"), prediction, 0.0123)
    folder = FolderAnswer(Path("x"), Counter({("grass", "grass"): 23, ("grass", "dandelion"): 1}), 0, 0.24)
    console = Console(file=io.StringIO(), width=120)
    show_summary(console, PARTS, settings, make_model(), one, folder)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert f"{settings.api_url}/docs" in shown
    assert "grass.jpg is grass (97.0%), in 12 ms" in shown
    assert "23 called grass, 1 called dandelion" in shown
    assert "23 of 24 right; 100 images/s" in shown
