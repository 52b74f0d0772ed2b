import pytest

from meadow_ui.labels.said import Said, read_label


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("grass", Said("grass")),
        ("  Grass ", Said("grass")),
        ("tall  grass", Said("tall grass", new_class=True)),
        ("moss", Said("Moss", new_class=False)),
        ("MOSS", Said("MOSS", new_class=True)),
        (" ", None),
    ],
)
def test_a_label_is_a_class_unless_it_is_clearly_none(text: str, said: Said | None) -> None:
    classes = ["grass", "Moss"] if text != "MOSS" else ["Moss", "moss"]
    assert read_label(text, classes) == said
