"""Evaluation page: self-contained, with metrics and figures."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from meadow_trainer.evaluation.invariance import MustPass
from meadow_trainer.reporting.evaluation_page import evaluation_page
from meadow_trainer.reporting.plots import plot_all
from meadow_trainer.runs.pipeline import TrainedBundle


@pytest.fixture(scope="module")
def page(trained: TrainedBundle) -> str:
    return evaluation_page(trained, plot_all(trained))


class Tags(HTMLParser):
    """Tracks open tags."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_page_is_well_formed_with_all_figures(page: str) -> None:
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert page.count("<svg") == 7


def test_page_references_no_other_file(page: str) -> None:
    assert "<script" not in page
    assert "url(http" not in page
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page)


def test_page_shows_metrics(page: str, trained: TrainedBundle) -> None:
    assert f"<strong>{trained.measurement.accuracy:.1%}</strong>" in page
    assert trained.digest[:12] in page
    assert f"{trained.measurement.calibration_error:.3f}" in page
    for words in ("level", "upright", "document", "Mirrored", "short side"):
        assert words in page


def test_figures_use_css_variables(page: str) -> None:
    figures = page[page.index("<svg") :]
    assert "var(--green)" in figures
    assert ": #26332b" not in figures


def test_misclassified_must_pass_image_is_named_and_escaped(trained: TrainedBundle) -> None:
    failed = MustPass(images=2, wrong=("<b>dandelion.jpg",), missing=())
    bundle = dataclasses.replace(trained, assessment=dataclasses.replace(trained.assessment, must_pass=failed))
    shown = evaluation_page(bundle, plot_all(bundle))
    assert "&lt;b&gt;dandelion.jpg" in shown
    assert "<b>dandelion" not in shown


def test_bundle_without_ood_detector_has_page(trained: TrainedBundle) -> None:
    manifest = trained.manifest.model_copy(update={"outliers": None, "calibration": None})
    bundle = dataclasses.replace(trained, manifest=manifest)
    figures = plot_all(bundle)
    assert "strangers" not in figures
    assert "not calibrated" in evaluation_page(bundle, figures)
