"""Settings of ingestion."""

from pydantic import Field

from meadow.settings import ImageLimits
from meadow_core.settings.uploads import SourceSettings


class IngestionSettings(ImageLimits, SourceSettings):
    """What training images are downloaded from, and how."""

    ingest_allowed_networks: str = Field(
        "",
        description="Private networks that training images may be downloaded from, comma-separated, "
        "such as `10.1.0.0/16`.",
    )
    ingest_downloads: int = Field(16, ge=1, le=256, description="Concurrent downloads of an ingestion.")
    ingest_timeout_seconds: float = Field(30.0, gt=0, description="Timeout of one download attempt.")
