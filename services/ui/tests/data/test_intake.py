import pytest

from meadow.ingestion import CorrectedLabels, LabelledPrefix, ListedUrls
from meadow_ui.data.intake import Intake, IntakeError


def test_every_source_that_was_chosen_is_asked_for() -> None:
    filled = Intake(" lawns ", ["dandelion-grass"], " s3://images-bucket/inbox/ ", corrections=True, add=True)
    asked = filled.request()
    assert (asked.name, asked.add) == ("lawns", True)
    assert asked.sources == [
        ListedUrls(name="dandelion-grass"),
        LabelledPrefix(uri="s3://images-bucket/inbox/"),
        CorrectedLabels(),
    ]


@pytest.mark.parametrize(
    ("filled", "missing"),
    [
        (Intake(" ", ["dandelion-grass"], "", corrections=False, add=True), "Name the data set"),
        (Intake("lawns", [], " ", corrections=False, add=True), "where the images come from"),
        (Intake("lawns", [], "/home/lawns", corrections=True, add=True), "looks like s3://"),
    ],
)
def test_what_is_missing_is_said(filled: Intake, missing: str) -> None:
    with pytest.raises(IntakeError, match=missing):
        filled.request()
