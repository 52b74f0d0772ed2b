"""What an installation without extras can do: only httpx, pydantic and what they need are there."""

import subprocess
import sys

EXTRAS = ("PIL", "numpy", "pillow_heif", "pyarrow", "pydantic_settings", "rich", "typer")
WITHOUT_EXTRAS = f"""
import sys
for name in {EXTRAS}:
    sys.modules[name] = None  # importing it fails, and it is not found
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_EXTRAS + code]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command


def test_the_client_is_used_without_extras() -> None:
    ended = run("""
from meadow import Client, GatewayUnreachableError, RetryPolicy
import meadow.client.folder.run, meadow.packs
with Client("http://127.0.0.1:9", retries=RetryPolicy(seconds=0)) as client:
    try:
        client.datasets()
    except GatewayUnreachableError as error:
        print(error)
""")
    assert ended.returncode == 0, ended.stderr
    assert "does not answer" in ended.stdout


def test_the_command_says_which_extra_it_needs() -> None:
    ended = run("from meadow.cli.start import main; main()")
    assert (ended.returncode, ended.stderr.strip()) == (
        2,
        "Error: the command line is an extra of the client: pip install 'meadow[cli]'",
    )
