import pytest

from meadow_ui.labels import SubmittedLabel, parse_label


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("grass", SubmittedLabel("grass")),
        ("  Grass ", SubmittedLabel("grass")),
        ("tall  grass", SubmittedLabel("tall grass", new_class=True)),
        ("moss", SubmittedLabel("Moss", new_class=False)),
        ("MOSS", SubmittedLabel("MOSS", new_class=True)),
        (" ", None),
    ],
)
def test_label_matches_a_class_by_case_unless_ambiguous(text: str, said: SubmittedLabel | None) -> None:
    classes = ["grass", "Moss"] if text != "MOSS" else ["Moss", "moss"]
    assert parse_label(text, classes) == said
