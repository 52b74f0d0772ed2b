import pytest

from meadow.schemas.ingestion import CorrectedLabels, LabelledPrefix, ListedUrls
from meadow_ui.data.forms import IngestForm, IngestFormError


def test_request_has_every_chosen_source() -> None:
    filled = IngestForm(" lawns ", ["dandelion-grass"], " s3://images-bucket/inbox/ ", corrections=True, add=True)
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
        (IngestForm(" ", ["dandelion-grass"], "", corrections=False, add=True), "Enter a data set name"),
        (IngestForm("lawns", [], " ", corrections=False, add=True), "Choose at least one source"),
        (IngestForm("lawns", [], "/home/lawns", corrections=True, add=True), "Enter a prefix such as s3://"),
    ],
)
def test_incomplete_form_says_what_to_change(filled: IngestForm, missing: str) -> None:
    with pytest.raises(IngestFormError, match=missing):
        filled.request()
