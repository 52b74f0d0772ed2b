"""Flower on the stack's queues: `python -m meadow_local.flower_server`.

Started from here, not by the `celery` command, so that the broker's password is on no command line.
"""

from meadow_core.queueing.app import create_celery
from meadow_local.home import Home
from meadow_local.settings import LOOPBACK, LocalSettings
from meadow_local.stack_env import load


def arguments(settings: LocalSettings) -> list[str]:
    """Flower's command line."""
    password = settings.flower_password.get_secret_value()
    return [
        "flower",
        f"--address={LOOPBACK}",
        f"--port={settings.flower_port}",
        f"--enable_events={settings.task_events}",
        # Its health and its metrics stay open.
        *([f"--basic-auth={settings.flower_user}:{password}"] if password else []),
    ]


def serve(settings: LocalSettings) -> None:
    """Serve until stopped."""
    create_celery(settings).start(arguments(settings))


if __name__ == "__main__":
    serve(load(Home.from_environment()))
