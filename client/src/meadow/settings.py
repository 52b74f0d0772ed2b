"""Settings from environment variables, and those that the client, the command line and the pages read.

A value comes from the environment (`MEADOW_...`), else from the embedded stack's `stack.env` in the home folder,
else from its default.
"""

import logging
import os
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from meadow.address import DEFAULT_API_URL
from meadow.sizes import MEBIBYTE

ENV_PREFIX = "MEADOW_"
STACK_ENV_FILE = "stack.env"
"""Written by the embedded stack into the home folder; read by every process and command that uses that folder."""
NEAR_MISS = 0.93
"""Similarity of two names of which one is taken for a misspelled other: about two letters of twenty."""

logger = logging.getLogger(__name__)


class EnvironmentSettings(BaseSettings):
    """What every program reads; the base of every other group."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="ignore", frozen=True)

    home: Path = Field(Path(".meadow"), description="Folder that holds all state of the embedded stack.")

    @classmethod
    def load(cls) -> Self:
        """Read the settings from the environment and the home folder's `stack.env`.

        Raises:
            pydantic.ValidationError: A value is not of its type or out of its range; the message names it.
        """
        for name, nearest in cls.misspelled_variables(os.environ).items():
            _warn_once(name, nearest)
        home = Path(os.environ.get("MEADOW_HOME", ".meadow"))
        return cls(_env_file=home / STACK_ENV_FILE, home=home)

    @classmethod
    def misspelled_variables(cls, names: Iterable[str]) -> dict[str, str]:
        """Find variables that look like a misspelled setting, each with the setting's name."""
        known = {f"{ENV_PREFIX}{field.upper()}" for field in cls.model_fields}
        # Other services have variables of their own: only a near miss is sure to be one.
        unknown = (name for name in names if name.startswith(ENV_PREFIX) and name not in known)
        nearest = {name: get_close_matches(name, known, n=1, cutoff=NEAR_MISS) for name in unknown}
        return {name: matches[0] for name, matches in nearest.items() if matches}


class GatewayAddress(EnvironmentSettings):
    """Where clients find the gateway."""

    api_url: str = Field(DEFAULT_API_URL, description="Gateway that the client, CLI and UI talk to.")
    api_key: SecretStr = Field(SecretStr(""), description="API key that the client, CLI and UI send.")


class ImageLimits(EnvironmentSettings):
    """How large an image may be, wherever one is taken in."""

    max_image_bytes: int = Field(64 * MEBIBYTE, gt=0, description="Largest accepted image, in bytes.")
    max_image_pixels: int = Field(
        64_000_000,
        gt=0,
        description="Largest accepted image, in pixels; baseline JPEGs may have four times as many.",
    )


class MlflowAddress(EnvironmentSettings):
    """Where MLflow is."""

    mlflow_tracking_uri: str = Field("http://127.0.0.1:5000", description="MLflow tracking server.")
    mlflow_public_url: str = Field(
        "", description="Address at which browsers reach MLflow; empty if it is the tracking server's."
    )

    @property
    def mlflow_page(self) -> str:
        """Where people open MLflow, without a slash at the end."""
        return (self.mlflow_public_url or self.mlflow_tracking_uri).rstrip("/")


class PageAddresses(MlflowAddress):
    """Where the pages are, and where they send browsers."""

    ui_host: str = Field(
        "127.0.0.1", description="Address the pages bind to; whoever reaches them acts with their API key."
    )
    ui_port: int = Field(8501, ge=1, le=65535, description="Port of the Streamlit pages.")
    flower_url: str = Field("http://127.0.0.1:5555", description="Address at which browsers reach Flower.")


@cache
def _warn_once(name: str, nearest: str) -> None:
    """The pages read the settings whenever they are drawn."""
    logger.warning("%s is not a setting and has no effect. Did you mean %s?", name, nearest)
