from pathlib import Path

import pytest

from meadow_local.airflow.environment import is_made, make_environment
from meadow_local.airflow.project import DagsProject
from meadow_local.errors import StackError


@pytest.fixture
def project(tmp_path: Path) -> DagsProject:
    """One whose lock is empty: an environment with nothing in it."""
    (tmp_path / "requirements.txt").touch()
    return DagsProject(tmp_path)


def pretend_airflow_is_in(project: DagsProject) -> None:
    project.command.write_text("#!/bin/sh\n")


def test_it_is_made_once_for_each_lock(project: DagsProject) -> None:
    said: list[str] = []
    make_environment(said.append, project)
    assert project.python.exists()
    pretend_airflow_is_in(project)
    assert is_made(project)
    make_environment(said.append, project)
    assert len(said) == 1
    project.lock_file.write_text("# another\n")
    assert not is_made(project)
    make_environment(said.append, project)
    assert len(said) == 2
    assert is_made(project)


def test_a_package_without_its_hash_is_refused(project: DagsProject) -> None:
    project.lock_file.write_text("six==1.17.0\n")
    with pytest.raises(StackError, match="could not be made"):
        make_environment(lambda _: None, project)
    assert not is_made(project)
