import pytest

from meadow.cli.interruption import resume_command


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["classify", "photos"], "meadow classify --resume photos"),
        (["classify", "my photos", "--out", "a b.csv"], "meadow classify --resume 'my photos' --out 'a b.csv'"),
        (["classify", "--resume", "photos"], "meadow classify --resume photos"),
        (["classify", "--", "-odd"], "meadow classify --resume -- -odd"),
        (["classify", "classify"], "meadow classify --resume classify"),
    ],
)
def test_the_command_that_goes_on_is_the_one_that_was_run(arguments: list[str], command: str) -> None:
    assert resume_command(["/somewhere/bin/meadow", *arguments]) == command
