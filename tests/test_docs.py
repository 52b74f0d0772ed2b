"""The documentation says what the code says."""

from pathlib import Path

from typer.main import get_command

import package_picture
from meadow.cli.main import create_app
from meadow_api.problem_types import PROBLEM_TYPES
from meadow_core.commands.settings import settings_page

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_page_of_settings_is_fresh() -> None:
    assert (ROOT / "docs/settings.md").read_text() == settings_page(), "meadow settings --markdown > docs/settings.md"


def test_the_picture_of_the_packages_is_that_of_the_code() -> None:
    drawn = package_picture.page_with(package_picture.picture())
    assert package_picture.PAGE.read_text() == drawn, "PYTHONPATH=tests/support .venv/bin/python -m package_picture"


def test_every_problem_is_in_the_api_page_with_its_status() -> None:
    rows = (ROOT / "docs/api.md").read_text().splitlines()
    for code, problem in PROBLEM_TYPES.items():
        assert any(f"`{code}`" in row and (str(problem.status) in row or "In jobs and items" in row) for row in rows), (
            code
        )


def test_every_command_is_in_the_readme() -> None:
    commands = get_command(create_app()).commands  # type: ignore[attr-defined]
    for name in commands:
        assert f"meadow {name}" in README, name


def test_every_folder_of_the_repository_layout_exists() -> None:
    rows = [
        line.split("`")[1] for line in README.splitlines() if line.startswith("| `") and line.split("`")[1][-1] == "/"
    ]
    assert len(rows) >= 8
    for folder in rows:
        assert (ROOT / folder).is_dir(), folder
