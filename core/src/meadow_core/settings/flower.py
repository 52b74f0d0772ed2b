"""Settings of Flower."""

from pydantic import Field, SecretStr

from meadow.settings import EnvironmentSettings


class FlowerSettings(EnvironmentSettings):
    """Where Flower runs, and its login."""

    flower_port: int = Field(5555, ge=1, le=65535, description="Port of Flower.")
    flower_user: str = Field("meadow", description="User name for Flower, if it has a password.")
    flower_password: SecretStr = Field(
        SecretStr(""), description="Password of Flower in the embedded stack; empty for no login."
    )
