"""How a model is trained; everything has a default that suits a small folder of photographs."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

DEFAULT_ARCHITECTURE = "tf_efficientnet_lite0"
"""Its ImageNet weights come with the trainer."""
DEFAULT_IMAGE_SIZE = 224
"""Pixels a side: what those weights were trained with."""


class TrainingConfig(BaseModel):
    """The settings of one run. The trainer chooses what is left at None, from the data and the network."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    architecture: str = Field(
        DEFAULT_ARCHITECTURE, min_length=1, max_length=64, description="A classification model of torchvision or timm."
    )
    image_size: int = Field(DEFAULT_IMAGE_SIZE, ge=32, le=1024, description="Side of the model's input, in pixels.")
    pretrained: Literal["auto"] | bool = Field(
        "auto", description="ImageNet weights: required (true), never (false), or used when they can be had (auto)."
    )
    weights: str | None = Field(
        None,
        min_length=1,
        max_length=1024,
        description="File on the trainer's host with the weights to start from, as safetensors or from `torch.save`; "
        "left out, those that are published for the architecture.",
    )
    method: Literal["auto", "frozen", "finetuned"] = Field(
        "auto",
        description="A linear head on the features of the pretrained network (frozen), or training of all weights "
        "(finetuned); auto takes the one with the lower cross-validated loss that there is time for.",
    )
    epochs: int | None = Field(None, ge=1, le=10_000, description="Passes over the training images.")
    batch_size: int = Field(32, ge=2, le=4096)
    learning_rate: float | None = Field(None, gt=0, description="Peak of the one-cycle schedule.")
    weight_decay: float = Field(0.05, ge=0)
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="Share of doubt in every label.")
    mixup: float = Field(
        0.0, ge=0, description="Parameter of the Beta distribution that images are blended by; 0 blends none."
    )
    augmentation: float = Field(1.0, ge=0, le=2, description="Strength: 0 is none, 1 the default, 2 twice as far.")
    class_balance: Literal["auto", "sampling", "none"] = Field(
        "auto",
        description="Show every class equally often in training (sampling), or as often as the data set has it (none); "
        "auto does the first where a class has three times the images of another.",
    )
    patience: int | None = Field(
        None,
        ge=0,
        description="Epochs without a better loss on the images kept back after which training ends and the best "
        "weights are taken; 0 never ends it early; left out, three tenths of the run where at least 40 are kept back.",
    )
    validation_percent: int | None = Field(
        None,
        ge=0,
        le=50,
        description="Share of the training images kept back to watch and calibrate with; chosen from their number.",
    )
    calibration: Literal["auto", "validation", "cross-fit", "none"] = Field(
        "auto",
        description="What calibrates: images kept back, the answers of two networks trained on half the images each "
        "(half as much training again), or nothing; auto takes the first where it has a hundred images, else the next.",
    )
    target_accuracy: float = Field(
        0.98, gt=0, lt=1, description="What answers above the decision threshold should reach; the others are `unsure`."
    )
    ood_tolerance: float = Field(
        1.0,
        gt=0,
        le=10,
        description="How far from the training images an image may lie before it is `unknown`, relative to how far "
        "they lie apart; above 1 where they are more alike than what is to be classified, as drawings are.",
    )
    must_pass: tuple[str, ...] = Field(
        (), description="sha256 of images that a model has to answer rightly; one that does not is refused."
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="Arithmetic of the training steps; auto takes bfloat16 where the hardware has it."
    )
    quantize: bool = Field(default=True, description="Offer an int8 graph too, if it keeps the hold-out accuracy.")
    seed: int = Field(0, ge=0, lt=2**31)
    max_minutes: float | None = Field(
        None, gt=0, description="Training time after which the schedule is shortened to come to its end."
    )

    @model_validator(mode="after")
    def _weights_are_wanted(self) -> Self:
        if self.weights and self.pretrained is False:
            raise ValueError("weights names a file to start from, and pretrained=false asks for none")
        return self
