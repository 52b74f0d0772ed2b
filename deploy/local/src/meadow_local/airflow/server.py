"""`python -m meadow_local.airflow.server COMPONENT` becomes a process of Airflow.

Started from here, so that its secrets are in no configuration file and on no command line.
"""

import os
import sys

from meadow_local.airflow.database import migrate_once
from meadow_local.airflow.project import find_project
from meadow_local.airflow.variables import airflow_environment
from meadow_local.home import Home
from meadow_local.settings import LocalSettings
from meadow_local.stack_env import load

OPTIONS = {
    # Logs are files of this machine, which the pages read themselves; the servers of logs would be open to the network.
    "scheduler": ["--skip-serve-logs"],
    "triggerer": ["--skip-serve-logs"],
}


def serve(settings: LocalSettings, component: str) -> None:
    """Wait for the database, and become the process."""
    project = find_project()
    environ = os.environ | airflow_environment(settings, project)
    # Airflow starts its own command for what it does in processes of their own.
    environ["PATH"] = os.pathsep.join([str(project.command.parent), environ.get("PATH", os.defpath)])
    migrate_once(settings, project, environ)
    os.execve(project.command, arguments(component), environ)  # noqa: S606 - our own command


def arguments(component: str) -> list[str]:
    """The command line."""
    return ["airflow", component, *OPTIONS.get(component, [])]


if __name__ == "__main__":
    serve(load(Home.from_environment()), sys.argv[1])
