"""Airflow's database: SQLite, which Airflow itself opens with a write-ahead log."""

import subprocess
from collections.abc import Mapping

from meadow_core.file_lock import file_lock
from meadow_local.airflow.project import DagsProject
from meadow_local.settings import LocalSettings


def migrate_once(settings: LocalSettings, project: DagsProject, environ: Mapping[str, str]) -> None:
    """Make the tables, or bring them to the version of Airflow that is installed.

    Every process of Airflow asks for it when it starts; one does it, the others wait. So the stack's other parts start
    meanwhile.
    """
    stamp = settings.airflow_folder / "migrated"
    wanted = project.stamp.read_text()
    with file_lock(settings.airflow_folder / "migration.lock"):
        if stamp.exists() and stamp.read_text() == wanted:
            return
        subprocess.run([str(project.command), "db", "migrate"], env=dict(environ), check=True)  # noqa: S603
        stamp.write_text(wanted)
