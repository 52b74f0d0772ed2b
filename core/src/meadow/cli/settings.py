"""`meadow settings`: every setting, with its value here."""

from typing import Annotated

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from meadow.settings import Settings, load_settings

app = typer.Typer()

HEADING = """# Settings

Every setting is an environment variable. The embedded stack keeps the settings it was started with, and the secrets it
generated, in `stack.env` in its home folder; the environment takes precedence. A misspelled variable is reported with
the nearest setting. `meadow settings --markdown` writes this page.

| Variable | Default | Meaning |
|---|---|---|
"""

FOOTING = """
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
    values = load_settings()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("variable", "value", "meaning"):
        table.add_column(heading)
    for name, field in Settings.model_fields.items():
        table.add_row(variable(name), _shown(getattr(values, name)), field.description)
    Console().print(table)


def settings_page() -> str:
    """Write the documentation page of the settings."""
    rows = [
        f"| `{variable(name)}` | {_default(name)} | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    ]
    return HEADING + "".join(rows) + FOOTING


def variable(name: str) -> str:
    """Name a setting's environment variable."""
    return f"{Settings.model_config['env_prefix']}{name}".upper()


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
