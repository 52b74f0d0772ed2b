"""`stack.env`: the one file from which every part, command and person reads the stack's settings."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from dotenv import dotenv_values
from pydantic import ValidationError

from meadow_core.atomic_file import write_atomically
from meadow_core.webhooks.signatures import make_secret
from meadow_local.errors import StackError
from meadow_local.home import Home
from meadow_local.settings import LOOPBACK, LocalSettings, variable

HEADER = "# Written by `meadow up`; holds secrets. To change a value, set the variable at the next `meadow up`.\n"

SECRETS = ("redis_password", "s3_access_key", "s3_secret_key", "airflow_password", "airflow_secret")
PORTS = (
    "redis_port", "s3_port", "mlflow_port", "api_port", "worker_metrics_port", "trainer_metrics_port", "ui_port",
    "flower_port", "airflow_port", "monitoring_port",
)  # fmt: skip
LOOPBACK_URL = f"http://{LOOPBACK}:"
OWN_ADDRESSES = ("redis_url", "s3_endpoint_url", "mlflow_tracking_uri", "api_url")
"""Follow from the ports; setting them would lead the services away from the stack's own parts."""


def load(home: Home) -> LocalSettings:
    """The settings of the stack in this home, as they were saved.

    Raises:
        StackError: No stack was started here yet, or the file holds a wrong value.
    """
    if not home.env_file.is_file():
        raise StackError(f"There is no stack in {home.root} yet: start one with `meadow up`.")
    return _validated(home, _read(home.env_file))


def saved(home: Home, name: str) -> str:
    """One setting as it was saved; empty before the first start."""
    return _read(home.env_file).get(name, "")


def configure(home: Home, environ: Mapping[str, str]) -> LocalSettings:
    """Settle the settings of a stack that is about to start, and save them.

    What the environment names wins over what was saved before; secrets are made up once.

    Raises:
        StackError: A value cannot be used.
    """
    values = _read(home.env_file) | explicit(environ)
    for name in SECRETS:
        values[name] = values.get(name) or secrets.token_hex(16)
    values["webhook_secret"] = values.get("webhook_secret") or make_secret()
    settings = _validated(home, values)
    for name in PORTS:
        values[name] = str(getattr(settings, name))
    addresses = _addresses(settings)
    _refuse_foreign_addresses(environ, addresses)
    values |= addresses
    if values.get("flower_url", LOOPBACK_URL).startswith(LOOPBACK_URL):
        values["flower_url"] = f"{LOOPBACK_URL}{settings.flower_port}"
    _write(home.env_file, values)
    return _validated(home, values)


def explicit(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings that the environment names, the stack's own addresses left out."""
    fields = (name for name in LocalSettings.model_fields if name not in (*OWN_ADDRESSES, "home"))
    return {name: environ[variable(name)] for name in fields if variable(name) in environ}


def differences(settings: LocalSettings, environ: Mapping[str, str]) -> list[str]:
    """Variables of the environment that a running stack does not follow."""
    wanted = explicit(environ)
    try:
        asked = LocalSettings.model_validate({**settings.model_dump(), **wanted})
    except ValidationError:
        return [variable(name) for name in wanted]
    return [variable(name) for name in wanted if getattr(asked, name) != getattr(settings, name)]


def _addresses(settings: LocalSettings) -> dict[str, str]:
    password = settings.redis_password.get_secret_value()
    return {
        "redis_url": f"redis://:{quote(password, safe='')}@{LOOPBACK}:{settings.redis_port}/0",
        "s3_endpoint_url": f"{LOOPBACK_URL}{settings.s3_port}",
        "mlflow_tracking_uri": f"{LOOPBACK_URL}{settings.mlflow_port}",
        "api_url": f"{LOOPBACK_URL}{settings.api_port}",
    }


def _refuse_foreign_addresses(environ: Mapping[str, str], addresses: Mapping[str, str]) -> None:
    for name, own in addresses.items():
        if environ.get(variable(name), own) != own:
            raise StackError(
                f"{variable(name)} is set, but the embedded stack runs a part of its own there: unset it "
                "(the port variables say where the parts listen)."
            )


def _validated(home: Home, values: Mapping[str, str]) -> LocalSettings:
    try:
        return LocalSettings.model_validate({**values, "home": home.root})
    except ValidationError as error:
        problems = "; ".join(
            f"{variable(str(entry['loc'][0])) if entry['loc'] else 'settings'}: {entry['msg']}"
            for entry in error.errors()
        )
        raise StackError(f"A setting cannot be used. {problems}.") from error


def _read(path: Path) -> dict[str, str]:
    """The saved values by field name."""
    if not path.is_file():
        return {}
    saved = dotenv_values(path, interpolate=False)
    fields = {variable(name): name for name in LocalSettings.model_fields}
    return {fields[key]: value for key, value in saved.items() if key in fields and value is not None}


def _write(path: Path, values: Mapping[str, str]) -> None:
    lines = [f"{variable(name)}={_quoted(value)}\n" for name, value in sorted(values.items()) if name != "home"]
    write_atomically(path, "".join([HEADER, *lines]).encode(), private=True)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
