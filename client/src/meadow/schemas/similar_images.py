"""Training images that are like a classified one."""

from pydantic import BaseModel, ConfigDict, Field

from meadow.schemas.models import ModelRef


class SimilarImage(BaseModel):
    """A training image, and how much it is like the classified one."""

    sha256: str = Field(description="Digest of the image's bytes: its name in the data set.")
    label: str = Field(description="The label that the model was trained on.")
    similarity: float = Field(
        ge=-1.001,
        le=1.001,
        description="Cosine of the embeddings: 1 is the same picture, 0 no more alike than any two.",
    )
    href: str = Field(description="Where the data set's image can be read, as long as it is kept.")


class SimilarImages(BaseModel):
    """The training images most like a classified one."""

    model_config = ConfigDict(protected_namespaces=())

    model: ModelRef
    dataset: str = Field(description="The data set that the model was trained on.")
    dataset_version: str = Field(description="The version's digest.")
    images: list[SimilarImage] = Field(description="The most similar first.")
