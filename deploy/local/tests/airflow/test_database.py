import os
import subprocess
import sys
from pathlib import Path

import pytest

from meadow_local.airflow.database import migrate_once
from meadow_local.airflow.project import DagsProject
from meadow_local.settings import LocalSettings


@pytest.fixture
def project(tmp_path: Path, settings: LocalSettings) -> DagsProject:
    """One whose Airflow only writes down what it is called with, and takes its time."""
    project = DagsProject(tmp_path / "dags")
    project.command.parent.mkdir(parents=True)
    project.command.write_text('#!/bin/sh\nsleep 0.2\necho "$@" >> "$CALLS"\n')
    project.command.chmod(0o755)
    project.stamp.write_text("lock one")
    settings.airflow_folder.mkdir()
    return project


def test_of_many_processes_one_makes_the_tables(project: DagsProject, settings: LocalSettings, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    code = (
        "from pathlib import Path; from meadow_local.airflow.database import *;"
        "from meadow_local.settings import LocalSettings;"
        f"migrate_once(LocalSettings.model_validate({{'home': {str(settings.home)!r}}}),"
        f" DagsProject(Path({str(project.root)!r})), {{'CALLS': {str(calls)!r}, 'PATH': '/bin:/usr/bin'}})"
    )
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]  # noqa: S603 - our own command
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert calls.read_text() == "db migrate\n"
    project.stamp.write_text("lock two")
    migrate_once(settings, project, {**os.environ, "CALLS": str(calls)})
    assert calls.read_text() == "db migrate\n" * 2


def test_tables_that_could_not_be_made_are_tried_again(project: DagsProject, settings: LocalSettings) -> None:
    project.command.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(subprocess.CalledProcessError):
        migrate_once(settings, project, os.environ)
    assert not (settings.airflow_folder / "migrated").exists()
