from pathlib import Path

import pytest

from meadow_local.airflow.project import find_project
from meadow_local.errors import StackError


def test_it_is_found_in_this_checkout() -> None:
    project = find_project()
    assert (project.root / "pyproject.toml").is_file()
    assert {path.stem for path in project.dags_folder.glob("*.py")} == {"ingest", "monitor", "retrain"}
    assert project.plugins_folder.is_dir()


def test_without_a_checkout_it_is_said_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"there is no dags/requirements\.txt above"):
        find_project(tmp_path / "site-packages" / "project.py")
