import subprocess
from pathlib import Path

import pytest

from meadow_local.airflow.environment import is_made, make_environment
from meadow_local.airflow.project import DagsProject, find_project
from meadow_local.errors import StackError


@pytest.fixture
def project(tmp_path: Path) -> DagsProject:
    """One whose lock is empty: an environment with nothing in it."""
    project = DagsProject(tmp_path / "dags")
    project.root.mkdir()
    project.lock_file.touch()
    project.client.symlink_to(find_project().client)
    return project


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


def test_the_client_is_in_it_and_nothing_else_of_meadow(project: DagsProject) -> None:
    make_environment(lambda _: None, project)
    code = "from importlib.metadata import distributions; print(*sorted(one.name for one in distributions()))"
    done = subprocess.run([project.python, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.split() == ["meadow"]


def test_a_package_without_its_hash_is_refused(project: DagsProject) -> None:
    project.lock_file.write_text("six==1.17.0\n")
    with pytest.raises(StackError, match="could not be made"):
        make_environment(lambda _: None, project)
    assert not is_made(project)
