"""Settings of logs and traces."""

from pydantic import Field

from meadow.settings import EnvironmentSettings


class TelemetrySettings(EnvironmentSettings):
    """How logs are written, and where traces are sent."""

    log_format: str = Field(
        "text", pattern="^(text|json)$", description="Log format: text for people, JSON for machines."
    )
    traces_endpoint: str = Field(
        "", description="OTLP endpoint for traces, such as `http://collector:4318/v1/traces`; empty disables them."
    )
    traces_share: float = Field(1.0, ge=0, le=1, description="Share of traces that are sampled.")
