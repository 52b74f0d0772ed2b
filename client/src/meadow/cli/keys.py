"""`meadow keys`: API keys."""

import hashlib
import secrets
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer()
keys_app = typer.Typer(help="Make API keys.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")

KEY_BYTES = 32


@keys_app.command()
def new(name: Annotated[str, typer.Argument(help="Name of the key's owner.")]) -> None:
    """Make a key. The gateway is given its hash; the key itself is shown only now."""
    if not name.isidentifier():
        raise typer.BadParameter("A name has letters, digits and '_' only.")
    key = f"mdw_{secrets.token_urlsafe(KEY_BYTES)}"
    digest = hashlib.sha256(key.encode()).hexdigest()
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"Key, for the client:       MEADOW_API_KEY={key}")
    console.print(f"Hash, for the gateway:     MEADOW_API_KEYS={name}:{digest}")
    console.print("Several hashes are separated by commas.", style="dim")


@keys_app.callback()
def callback() -> None:
    """Make API keys."""
