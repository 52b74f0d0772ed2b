"""The S3 server: `python -m meadow_local.s3_server` becomes `rclone serve s3`.

Started from here because rclone takes its keys from the command line, which every user can read, or from its
environment, in a quoting that supervisord does not carry.
"""

import os

from meadow_local.binaries import script
from meadow_local.home import Home
from meadow_local.settings import LOOPBACK, LocalSettings
from meadow_local.stack_env import load


def command(settings: LocalSettings) -> list[str]:
    """The command line of the server."""
    return [
        script("rclone"), "serve", "s3", str(settings.s3_folder),
        "--addr", f"{LOOPBACK}:{settings.s3_port}",
        "--cache-dir", str(settings.home / "cache" / "rclone"),
        "--config", "",  # the person's own rclone remotes are none of ours
        "--no-cleanup",  # otherwise a bucket is gone with its last object
        # Checksums of all that is written and read guard a copy from disk to disk, and take about half of the server's
        # time. What must not change is named by its SHA-256 and checked by who reads it.
        "--ignore-checksum", "--no-checksum", "--etag-hash", "xxh3",
    ]  # fmt: skip


def environment(settings: LocalSettings) -> dict[str, str]:
    """The key pair that clients must sign with, as one field of CSV."""
    return {"RCLONE_AUTH_KEY": f'"{settings.s3_access_key},{settings.s3_secret_key.get_secret_value()}"'}


def serve(settings: LocalSettings) -> None:
    """Become the server."""
    arguments = command(settings)
    os.execve(arguments[0], arguments, os.environ | environment(settings))  # noqa: S606 - our own command


if __name__ == "__main__":
    serve(load(Home.from_environment()))
