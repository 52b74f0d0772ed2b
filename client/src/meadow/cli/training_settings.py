"""Settings of a training run as a command takes them: from a TOML file, and one by one."""

import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from pydantic import ValidationError

from meadow.schemas.training_config import TrainingConfig

SettingsFile: TypeAlias = Annotated[
    Path | None, typer.Option("--config", help="TOML file of training settings.", dir_okay=False)
]
SettingPairs: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A training setting, such as epochs=40; repeatable."),
]


def read_training_settings(file: Path | None, pairs: Iterable[str] | None) -> dict[str, Any]:
    """Read what is set; pairs count for more than the file.

    Returns:
        Names of `TrainingConfig`'s fields -> values, which are of the right types.

    Raises:
        typer.BadParameter: The file cannot be read, there is no such setting, or it cannot have that value.
    """
    found = _read(file) if file else {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"{pair!r} is not of the form NAME=VALUE.")
        found[name.strip().replace("-", "_")] = _value(value.strip())
    for name in found:
        if name not in TrainingConfig.model_fields:
            close = difflib.get_close_matches(name, TrainingConfig.model_fields, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(TrainingConfig.model_fields)}."
            raise typer.BadParameter(f"A training has no setting {name!r}. {hint}")
    try:
        config = TrainingConfig.model_validate(found)
    except ValidationError as error:
        raise typer.BadParameter(describe_invalid(error)) from error
    return {name: getattr(config, name) for name in found}


def describe_invalid(error: ValidationError) -> str:
    """Say in a line which values cannot be, and why."""
    faults = error.errors(include_url=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}, not {one['input']!r}" for one in faults) + "."


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise typer.BadParameter(f"{file} is no TOML: {error}.") from error


def _value(text: str) -> Any:  # noqa: ANN401 - whatever TOML knows
    """Read a value as in a TOML file; words need no quotes."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
