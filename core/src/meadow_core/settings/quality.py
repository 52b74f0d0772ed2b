"""Settings of feedback, review, drift and labelled accuracy."""

from pydantic import Field

from meadow.settings import EnvironmentSettings
from meadow_core.settings.stores import StorageSettings


class ReviewSettings(StorageSettings):
    """What is kept of answers: their statistics, and images for review."""

    quality_seconds: int = Field(
        30 * 86_400, gt=0, description="How long hourly prediction statistics are kept; also the longest window."
    )
    review_images: int = Field(
        1_000, ge=0, description="Uncertain images kept in S3 for review; a random sample if there are more."
    )
    review_seconds: int = Field(30 * 86_400, gt=0, description="How long images stay in the review queue.")


class QualitySettings(EnvironmentSettings):
    """When answers count as drifted or their accuracy as dropped."""

    drift_min_images: int = Field(100, ge=1, description="Fewest images in a window for drift detection.")
    drift_psi: float = Field(
        0.25, gt=0, description="Population stability index above which a significant change counts as drift."
    )
    drift_significance: float = Field(
        0.001, gt=0, lt=1, description="p-value below which a change counts as significant."
    )
    accuracy_min_labels: int = Field(
        30, ge=1, description="Fewest labels in a window for detecting a performance drop."
    )
    accuracy_max_drop: float = Field(
        0.05,
        ge=0,
        lt=1,
        description="Largest accepted drop of labelled accuracy below the hold-out's (lower confidence bound).",
    )
