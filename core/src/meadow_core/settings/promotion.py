"""Settings of the gate."""

from pydantic import Field

from meadow.settings import EnvironmentSettings


class PromotionSettings(EnvironmentSettings):
    """What a new model needs to be promoted."""

    promotion_min_gain: float = Field(
        0.005, ge=0, le=1, description="Hold-out accuracy gain that a new model needs to be promoted."
    )
    promotion_max_recall_drop: float = Field(
        0.05, ge=0, le=1, description="Largest drop in recall of any class that a promoted model may have."
    )
    promotion_min_accuracy: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Lowest hold-out accuracy of a promoted model; if empty, it has to beat guessing.",
    )
    promotion_significance: float = Field(
        0.05, gt=0, lt=1, description="p-value of the paired test below which a worse model is refused."
    )
    promotion_require_significance: bool = Field(
        default=True, description="Whether the gain has to be significant, however often one retrains."
    )
    promotion_error_rate: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="Probability that a model without a gain is ever promoted, over all retrainings together.",
    )
    promotion_more_images: float | None = Field(
        0.2,
        ge=0,
        description="Share of additional training images with which equal quality is enough; if empty, it never is.",
    )
    promotion_margin: float = Field(
        0.05, gt=0, lt=1, description="Loss of hold-out accuracy that has to be excluded for equal quality."
    )
