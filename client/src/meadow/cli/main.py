"""`meadow`: its commands put together, and one place where errors become sentences."""

import io
import sys
from importlib.metadata import entry_points

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from meadow.cli import batches, classify, correct, data, feedback, jobs, keys, models, quality, results, train
from meadow.cli.exit_status import USAGE_STATUS
from meadow.errors import MeadowError

PLUGIN_GROUP = "meadow.commands"
"""Entry points of packages that bring commands; those in `meadow.commands.data` go into the group `data`."""

ABOUT = """Image classification that keeps itself trained.

Start everything on this machine with `meadow up`, train with `meadow train`, classify with `meadow classify`.
"""


def create_app(command: str = "") -> typer.Typer:
    """Put the commands together: ours, and those of the packages that plug in.

    Args:
        command: The one that is to be run, if it is known. For one of ours the plug-ins are left alone: loading them
            takes as long as classifying dozens of images.
    """
    app = typer.Typer(help=ABOUT, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="markdown")
    for module in (classify, batches, results, jobs, feedback, correct, quality, train, keys):
        app.add_typer(module.app)
    app.add_typer(_with_plugins(data.app, "data") if command in {"", "data"} else data.app, name="data")
    app.add_typer(models.app, name="models")
    return app if command in _command_names(app) else _with_plugins(app)


def main() -> None:
    """Run the command line; an error of ours ends in one sentence and status 2."""
    for stream in (sys.stdout, sys.stderr):
        # A console of another encoding, or a name that is none, is no reason for no answer.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        create_app(sys.argv[1] if len(sys.argv) > 1 else "")()
    except MeadowError as error:
        _fail(str(error))
    except ValidationError as error:
        _fail(f"A setting is not valid: {error}")


def _with_plugins(app: typer.Typer, group: str = "") -> typer.Typer:
    for plugin in entry_points(group=f"{PLUGIN_GROUP}.{group}" if group else PLUGIN_GROUP):
        app.add_typer(plugin.load())
    return app


def _command_names(app: typer.Typer) -> set[str]:
    # The commands of a group that has a name, such as `data demo`, are none of the first word's.
    groups = {group.name for group in app.registered_groups if isinstance(group.name, str)}
    plain = [group.typer_instance for group in app.registered_groups if not isinstance(group.name, str)]
    commands = [info for one in plain if one for info in one.registered_commands]
    return groups | {info.name or info.callback.__name__ for info in commands if info.callback}


def _fail(sentence: str) -> None:
    Console(stderr=True).print(f"[bold red]Error:[/] {escape(sentence)}", highlight=False)
    sys.exit(USAGE_STATUS)


if __name__ == "__main__":
    main()
