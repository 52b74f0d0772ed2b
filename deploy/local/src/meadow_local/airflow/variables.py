"""What Airflow is told through its environment: there is no file to edit, and nothing secret on a command line."""

import base64
import hashlib
import json

from meadow_local.airflow.project import DagsProject
from meadow_local.settings import LOOPBACK, LocalSettings

STATSD_TAGS_LEFT_OUT = "job_id,run_id,dagrun_id,kwargs"
"""Each would make a time series of its own for every run."""


def airflow_environment(settings: LocalSettings, project: DagsProject) -> dict[str, str]:
    """Everything that differs from Airflow's own defaults."""
    home, url = settings.airflow_folder, settings.airflow_url
    options = {
        "core__dags_folder": str(project.dags_folder),
        "core__plugins_folder": str(project.plugins_folder),
        "core__load_examples": "False",
        "core__executor": "LocalExecutor",
        # Each task that runs is a process of some 200 MB; those that wait are in the triggerer.
        "core__parallelism": "3",
        "core__dags_are_paused_at_creation": str(settings.airflow_dags_paused),
        "core__simple_auth_manager_passwords_file": str(settings.airflow_password_file),
        "core__fernet_key": base64.urlsafe_b64encode(_derived(settings, "fernet")).decode(),
        "core__execution_api_server_url": f"{url}/execution/",
        "api__host": LOOPBACK,
        "api__port": str(settings.airflow_port),
        "api__base_url": url,
        "api__workers": "1",
        "api__secret_key": _derived(settings, "pages").hex(),
        # Made up by each process for itself otherwise, and then they do not believe each other.
        "api_auth__jwt_secret": _derived(settings, "tokens").hex(),
        "dag_processor__parsing_processes": "1",
        # A file that was changed is read at once all the same.
        "dag_processor__min_file_process_interval": "300",
        # What a killed process had in hand is taken up within a minute, not within five.
        "scheduler__orphaned_tasks_check_interval": "30",
        "scheduler__task_instance_heartbeat_timeout": "60",
        "logging__colored_console_log": "False",
        **_statsd(settings),
    }
    return {
        "AIRFLOW_HOME": str(home),
        **{f"AIRFLOW__{name.upper()}": value for name, value in options.items()},
        "AIRFLOW_CONN_MEADOW_API": json.dumps(_gateway(settings)),
        # Airflow warns itself, in the log of every task.
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
        # Airflow writes titles over its processes' environment, by which the stack finds what is left of a crash.
        "SPT_NOENV": "1",
        # Threads would otherwise each hold on to memory of their own.
        "MALLOC_ARENA_MAX": "2",
    }


def _gateway(settings: LocalSettings) -> dict[str, object]:
    return {
        "conn_type": "http",
        "schema": "http",
        "host": LOOPBACK,
        "port": settings.api_port,
        "password": settings.api_key.get_secret_value() or None,
    }


def _statsd(settings: LocalSettings) -> dict[str, str]:
    if not settings.airflow_statsd:
        return {}
    host, _, port = settings.airflow_statsd.rpartition(":")
    return {
        "metrics__statsd_on": "True",
        "metrics__statsd_host": host,
        "metrics__statsd_port": port,
        "metrics__statsd_influxdb_enabled": "True",
        "metrics__legacy_names_on": "False",
        "metrics__statsd_disabled_tags": STATSD_TAGS_LEFT_OUT,
    }


def _derived(settings: LocalSettings, purpose: str) -> bytes:
    """A secret for one purpose, from the one that is kept."""
    return hashlib.sha256(f"{purpose}:{settings.airflow_secret.get_secret_value()}".encode()).digest()
