"""`meadow settings`: every setting, with its value here."""

import re
from typing import Annotated

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from meadow.settings import ENV_PREFIX, EnvironmentSettings
from meadow_core.settings import Settings, setting_groups
from meadow_core.settings.services import ApiSettings, TrainerSettings, WorkerSettings

app = typer.Typer()

SERVICES = {"gateway": ApiSettings, "workers": WorkerSettings, "trainer": TrainerSettings}

HEADING = """# Settings

Every setting is an environment variable. The embedded stack keeps the settings it was started with, and the secrets it
generated, in `stack.env` in its home folder; the environment takes precedence. A misspelled variable is reported with
the nearest setting. `meadow settings --markdown` writes this page.
"""

FOOTING = """
## Ports of the embedded stack

The embedded stack derives the addresses of its own stores from `MEADOW_REDIS_PORT` (6390), `MEADOW_S3_PORT` (9010) and
`MEADOW_MLFLOW_PORT` (5000); set these instead of the addresses.

With Airflow (`meadow up --with airflow`, remembered as `MEADOW_WITH_PARTS`), it also takes `MEADOW_AIRFLOW_PORT`
(8080), `MEADOW_AIRFLOW_DAGS_PAUSED` (false: the DAGs run from the start) and `MEADOW_AIRFLOW_STATSD` (HOST:PORT that
metrics are sent to). What the DAGs themselves can be told is in
[continuous-training.md](continuous-training.md#settings). With Prometheus (`--with monitoring`), it takes
`MEADOW_MONITORING_PORT` (9090) and `MEADOW_MONITORING_DAYS` (15): [monitoring.md](monitoring.md).
"""


@app.command()
def settings(
    *, markdown: Annotated[bool, typer.Option("--markdown", help="Print the documentation page in Markdown.")] = False
) -> None:
    """List every setting with its value here and its meaning. Secrets are not shown."""
    if markdown:
        typer.echo(settings_page(), nl=False)
        return
    values = Settings.load()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("variable", "value", "meaning"):
        table.add_column(heading)
    for _, names in setting_groups():
        for name in names:
            table.add_row(variable(name), _shown(getattr(values, name)), Settings.model_fields[name].description)
    Console().print(table)


def settings_page() -> str:
    """Write the documentation page of the settings."""
    return HEADING + "".join(_section(group, names) for group, names in setting_groups()) + FOOTING


def _section(group: type[EnvironmentSettings], names: list[str]) -> str:
    about = (group.__doc__ or "").strip()
    readers = [name for name, settings in SERVICES.items() if issubclass(settings, group)]
    read_by = f" Read by: {', '.join(readers)}." if readers else ""
    rows = [
        f"| `{variable(name)}` | {_default(name)} | {Settings.model_fields[name].description} |\n" for name in names
    ]
    table = "| Variable | Default | Meaning |\n|---|---|---|\n" + "".join(rows)
    return f"\n## {_title(group)}\n\n{about}{read_by}\n\n{table}"


def _title(group: type[EnvironmentSettings]) -> str:
    """Make words of a group's name: `ImageLimits` -> `Image limits`."""
    words = re.findall("[A-Z][a-z]+", group.__name__.removesuffix("Settings")) or ["General"]
    return " ".join(words).capitalize().replace("Api", "Gateway").replace("Mlflow", "MLflow")


def variable(name: str) -> str:
    """Name a setting's environment variable."""
    return f"{ENV_PREFIX}{name.upper()}"


def _default(name: str) -> str:
    field = Settings.model_fields[name]
    if field.default_factory is not None:
        return "one for each core"
    value = "" if field.default is None else field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return f"`{value}`" if str(value) else ""


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "(set)" if value.get_secret_value() else ""
    return "" if value is None else str(value)
