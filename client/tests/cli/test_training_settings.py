"""Settings of a training run on a command line."""

from pathlib import Path

import pytest
import typer

from meadow.cli.training_settings import read_training_settings


def test_values_are_read_as_in_a_toml_file_and_words_need_no_quotes() -> None:
    asked = ["mixup=0", "class_balance=none", "learning-rate=1e-3", "quantize=false", 'must_pass=["ab", "cd"]']
    assert read_training_settings(None, asked) == {
        "mixup": 0.0,
        "class_balance": "none",
        "learning_rate": 0.001,
        "quantize": False,
        "must_pass": ("ab", "cd"),
    }


def test_what_is_said_on_the_line_counts_for_more_than_the_file(tmp_path: Path) -> None:
    file = tmp_path / "lawn.toml"
    file.write_text('mixup = 0.4\nclass_balance = "none"\n')
    assert read_training_settings(file, ["mixup=0.1"]) == {"mixup": 0.1, "class_balance": "none"}


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("mixupp=0", "Did you mean mixup"),
        ("xyz=0", "There are architecture, image_size"),
        ("mixup", "NAME=VALUE"),
        ("mixup=-1", "mixup: Input should be greater than or equal to 0"),
        ("class_balance=some", "class_balance: Input should be 'auto', 'sampling' or 'none', not 'some'"),
    ],
)
def test_what_cannot_be_is_told_with_its_name(pair: str, words: str) -> None:
    with pytest.raises(typer.BadParameter, match=words):
        read_training_settings(None, [pair])


def test_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match=r"none\.toml cannot be read"):
        read_training_settings(tmp_path / "none.toml", None)
    (tmp_path / "bad.toml").write_text("mixup 0")
    with pytest.raises(typer.BadParameter, match=r"bad\.toml is no TOML"):
        read_training_settings(tmp_path / "bad.toml", None)
