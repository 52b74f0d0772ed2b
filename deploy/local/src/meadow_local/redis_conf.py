"""Redis's configuration; a file, because a password on the command line can be read by every user."""

from meadow_core.atomic_file import write_atomically
from meadow_local.settings import LOOPBACK, LocalSettings


def write_redis_conf(settings: LocalSettings) -> None:
    """Write the configuration and make the data folder."""
    settings.redis_folder.mkdir(exist_ok=True)
    write_atomically(settings.home / "run" / "redis.conf", render_redis_conf(settings).encode(), private=True)


def render_redis_conf(settings: LocalSettings) -> str:
    """The configuration: nothing accepted is lost in a crash, but for the last second of a power cut."""
    lines = {
        "bind": LOOPBACK,
        "port": str(settings.redis_port),
        "requirepass": settings.redis_password.get_secret_value(),
        "dir": f'"{settings.redis_folder}"',
        "appendonly": "yes",
        "appendfsync": "everysec",
        # Images pass through the file and are soon gone; it would be rewritten every few seconds when they are large.
        "auto-aof-rewrite-min-size": "1gb",
        # The append-only file is the one copy on disk; snapshots beside it would only cost.
        "save": '""',
        # Accepted jobs are never thrown out to make room: the gateway limits what it admits.
        "maxmemory-policy": "noeviction",
    }
    return "".join(f"{key} {value}\n" for key, value in lines.items())
