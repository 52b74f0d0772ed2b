"""The sources of a batch."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

URI_PATTERN = r"^s3://[^/\s]+(/.*)?$"


class Upload(BaseModel):
    """Where a file is to be put, by whoever has the address."""

    upload_id: str = Field(examples=["upload_06cpkr3kpg5uvmt4q5o1c82k"])
    url: str = Field(description="Send the file's bytes there with `PUT`, without an API key.")
    expires_at: datetime = Field(description="When the address ends.")
    max_bytes: int = Field(description="Largest accepted file, in bytes.")


class PrefixSource(BaseModel):
    """Every object whose key begins with a prefix. The images stay where they are."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["s3_prefix"] = "s3_prefix"
    uri: str = Field(
        pattern=URI_PATTERN,
        max_length=1100,
        description="Bucket and prefix; end it with `/` to mean a folder.",
        examples=["s3://images-bucket/lawns/"],
    )
    recursive: bool = Field(default=True, description="Whether folders within it belong to it.")

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self.uri.removeprefix("s3://").partition("/")[0]

    @property
    def prefix(self) -> str:
        """What the keys begin with."""
        return self.uri.removeprefix("s3://").partition("/")[2]


class ZipSource(BaseModel):
    """The images in a zip that was put to the address of an upload."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["zip"] = "zip"
    upload_id: str = Field(description="What `POST /v1/uploads` gave out.")


class FormSource(BaseModel):
    """The images of one form, which the gateway stored as a tar."""

    type: Literal["form"] = "form"
    upload_id: str


RequestedSource = Annotated[PrefixSource | ZipSource, Field(discriminator="type")]
"""What a client may ask for."""
Source = PrefixSource | ZipSource | FormSource

_ADAPTER: TypeAdapter[Source] = TypeAdapter(Annotated[Source, Field(discriminator="type")])


def parse_source(text: str) -> Source:
    """Read the `source` of a batch's record."""
    return _ADAPTER.validate_json(text)
