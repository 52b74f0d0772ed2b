"""The stack's own settings: those of the services, and the ports of the stores that it runs itself."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from meadow.settings import Settings

LOOPBACK = "127.0.0.1"
ENV_PREFIX = "MEADOW_"


class LocalSettings(Settings):
    """Settings of a stack on this machine, as its `stack.env` holds them."""

    redis_port: int = Field(6390, ge=1, le=65535, description="Port of the stack's Redis.")
    redis_password: SecretStr = Field(SecretStr(""), description="Password of the stack's Redis; generated.")
    s3_port: int = Field(9010, ge=1, le=65535, description="Port of the stack's S3 server.")
    mlflow_port: int = Field(5000, ge=1, le=65535, description="Port of the stack's MLflow.")

    @property
    def buckets(self) -> tuple[str, ...]:
        """Every bucket that the services use."""
        return (self.images_bucket, self.models_bucket, self.jobs_bucket)

    @property
    def redis_folder(self) -> Path:
        """Redis's append-only file."""
        return self.home / "redis"

    @property
    def s3_folder(self) -> Path:
        """The buckets."""
        return self.home / "s3"

    @property
    def mlflow_folder(self) -> Path:
        """MLflow's database."""
        return self.home / "mlflow"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the parameter names are pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from the caller alone: a running stack is what `stack.env` says, not this shell."""
        return (init_settings,)


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return ENV_PREFIX + field.upper()
