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
def test_a_label_is_a_class_unless_it_is_clearly_none(text: str, said: SubmittedLabel | None) -> None:
    classes = ["grass", "Moss"] if text != "MOSS" else ["Moss", "moss"]
    assert parse_label(text, classes) == said
