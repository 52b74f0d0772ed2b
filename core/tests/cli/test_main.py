import pytest
from typer.main import get_group

from meadow.cli.main import create_app


def commands(first_word: str) -> set[str]:
    return set(get_group(create_app(first_word)).commands)


@pytest.mark.parametrize("plugged_in", ["demo", "up", ""])
def test_a_command_that_is_not_ours_loads_what_plugs_in(plugged_in: str) -> None:
    assert {"demo", "up", "data"} <= commands(plugged_in), "`data demo` does not make `demo` one of ours"


@pytest.mark.parametrize("ours", ["data", "jobs", "quality"])
def test_one_of_ours_does_not_wait_for_what_plugs_in(ours: str) -> None:
    assert "up" not in commands(ours)
