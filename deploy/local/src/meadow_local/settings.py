"""The stack's own settings: those of the services, and the ports of the stores that it runs itself."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from meadow.settings import ENV_PREFIX
from meadow_core.settings import Settings

LOOPBACK = "127.0.0.1"
AIRFLOW_USER = "admin"


class LocalSettings(Settings):
    """Settings of a stack on this machine, as its `stack.env` holds them."""

    redis_port: int = Field(6390, ge=1, le=65535, description="Port of the stack's Redis.")
    redis_password: SecretStr = Field(SecretStr(""), description="Password of the stack's Redis; generated.")
    s3_port: int = Field(9010, ge=1, le=65535, description="Port of the stack's S3 server.")
    mlflow_port: int = Field(5000, ge=1, le=65535, description="Port of the stack's MLflow.")
    with_parts: str = Field("", description="Comma-separated extras that belong to the stack: airflow, monitoring.")
    airflow_port: int = Field(8080, ge=1, le=65535, description="Port of Airflow's pages and API.")
    airflow_password: SecretStr = Field(SecretStr(""), description="Password of Airflow's user; generated.")
    airflow_secret: SecretStr = Field(SecretStr(""), description="What Airflow's own secrets follow from; generated.")
    airflow_dags_paused: bool = Field(default=False, description="Whether DAGs wait to be switched on by hand.")
    airflow_statsd: str = Field("", description="HOST:PORT that Airflow sends its metrics to; empty: nowhere.")

    monitoring_port: int = Field(9090, ge=1, le=65535, description="Port of Prometheus.")
    monitoring_days: int = Field(15, ge=1, description="How long Prometheus keeps what it has scraped.")

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

    @property
    def airflow_folder(self) -> Path:
        """Airflow's database and logs."""
        return self.home / "airflow"

    @property
    def airflow_password_file(self) -> Path:
        """Who may see Airflow's pages."""
        return self.airflow_folder / "password.json"

    @property
    def airflow_url(self) -> str:
        """Airflow's pages and API."""
        return f"http://{LOOPBACK}:{self.airflow_port}"

    @property
    def monitoring_folder(self) -> Path:
        """Prometheus's time series."""
        return self.home / "prometheus"

    @property
    def monitoring_config(self) -> Path:
        """What Prometheus is told."""
        return self.monitoring_folder / "prometheus.yml"

    @property
    def monitoring_url(self) -> str:
        """Prometheus's pages."""
        return f"http://{LOOPBACK}:{self.monitoring_port}"

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
