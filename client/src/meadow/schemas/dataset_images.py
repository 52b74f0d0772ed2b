"""The images of a data set version, as the gateway lists them."""

from pydantic import BaseModel, Field

from meadow.schemas.split import Split


class DatasetImage(BaseModel):
    """One labelled image."""

    sha256: str = Field(description="Digest of the image's bytes: its name.")
    label: str
    source: str = Field(description="Where the image came from, for people: a path or an address.")
    split: Split
    corrected: bool = Field(description="Whether a person gave it this label by correcting a prediction.")


class DatasetImagePage(BaseModel):
    """A page of a version's images, in the order of their digests."""

    name: str = Field(description="The data set's name.")
    version: str = Field(description="The version's whole digest: ask for it to read on where a newer one may come.")
    total: int = Field(description="How many images there are of what was asked for, on all pages.")
    images: list[DatasetImage]
    next_page_token: str = Field("", description="Empty at the end.")
