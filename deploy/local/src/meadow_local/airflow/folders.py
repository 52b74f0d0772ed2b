"""What Airflow expects to find in the home folder."""

import json

from meadow_core.atomic_file import write_atomically
from meadow_local.airflow.environment import is_made
from meadow_local.airflow.project import find_project
from meadow_local.errors import StackError
from meadow_local.settings import AIRFLOW_USER, LocalSettings


def prepare_airflow(settings: LocalSettings) -> None:
    """Make Airflow's folder, with the password that its pages ask for.

    Raises:
        StackError: Its environment was not made, or is of an older lock.
    """
    if not is_made(find_project()):
        raise StackError("The environment of Airflow is missing or out of date: `meadow up` makes it.")
    settings.airflow_folder.mkdir(exist_ok=True)
    password = settings.airflow_password.get_secret_value()
    write_atomically(
        settings.airflow_password_file, (json.dumps({AIRFLOW_USER: password}) + "\n").encode(), private=True
    )


def welcome(settings: LocalSettings) -> str:
    """How to get in; said once, when Airflow is new to the stack."""
    return (
        f"Airflow's pages ask for a user: {AIRFLOW_USER}, password {settings.airflow_password.get_secret_value()} "
        f"(kept in {settings.airflow_password_file})."
    )
