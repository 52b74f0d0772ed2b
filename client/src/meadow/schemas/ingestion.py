"""What an ingestion is asked for, and what it led to."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from meadow.schemas.sources import URI_PATTERN

MAX_SOURCES = 20
MAX_URI_CHARACTERS = 1100


class SplitFolders(StrEnum):
    """What becomes of folders such as `train` and `test` that hold the same classes."""

    MERGE = "merge"
    """Their images are put together; Meadow splits them itself."""
    KEEP = "keep"
    """Their images stay on the side of the split that they are on."""


class NearDuplicates(StrEnum):
    """What becomes of images that look nearly the same, though their bytes differ."""

    AUTO = "auto"
    """Drop them, unless that takes a class away or puts many labels in dispute, as under a fixed camera."""
    DROP = "drop"
    """One of each group is taken; none if their labels differ."""
    KEEP = "keep"
    """All are taken."""


class ListedUrls(BaseModel):
    """A list of addresses with labels: one that comes with Meadow, or a CSV file in the object store."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["url_list"] = "url_list"
    name: str = Field("", description="A list that comes with Meadow.", examples=["dandelion-grass"])
    uri: str = Field(
        "",
        max_length=MAX_URI_CHARACTERS,
        pattern=rf"^$|{URI_PATTERN}",
        description="A CSV file with the columns `url` and `label`; paths are from its own folder.",
        examples=["s3://images-bucket/lists/lawns.csv"],
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.name) == bool(self.uri):
            raise ValueError("give either name or uri")
        return self


class LabelledPrefix(BaseModel):
    """The images under a prefix; the folder right below it is the label."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["s3_prefix"] = "s3_prefix"
    uri: str = Field(pattern=URI_PATTERN, max_length=MAX_URI_CHARACTERS, examples=["s3://images-bucket/inbox/"])


class CorrectedLabels(BaseModel):
    """The images whose label people corrected or confirmed."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["corrections"] = "corrections"


IngestSource = Annotated[ListedUrls | LabelledPrefix | CorrectedLabels, Field(discriminator="type")]


class IngestRequest(BaseModel):
    """Which images make the next version of a data set."""

    name: str = Field(description="The data set's name: letters, digits, `-` and `_`.", examples=["lawns"])
    sources: list[IngestSource] = Field(min_length=1, max_length=MAX_SOURCES)
    add: bool = Field(default=False, description="Add to the newest version, if there is one, instead of replacing it.")
    refresh: bool = Field(default=False, description="Ask again for addresses that were downloaded before.")
    split_folders: SplitFolders = Field(
        default=SplitFolders.MERGE,
        description="What becomes of folders such as `train` and `test` that hold the same classes: `merge` puts them "
        "together, `keep` leaves their images in the split that they are in.",
    )
    near_duplicates: NearDuplicates = Field(
        default=NearDuplicates.AUTO,
        description="Whether images that look nearly the same are left out but one (`drop`) or all taken (`keep`). "
        "`auto` drops them unless that costs a class or conflicts with many labels, as under a fixed camera.",
    )
    max_failed: float = Field(
        0.5, ge=0, le=1, description="The share of a source's images that may be missing or unreadable."
    )


class IngestResult(BaseModel):
    """What an ingestion led to."""

    dataset: str
    version: str = Field(description="Digest of the version with these images; the newest one now.")
    changed: bool = Field(description="Whether that is another version than before.")
    images: int
    classes: dict[str, int] = Field(description="Images of each class.")
    added: int = Field(description="Images that the version before did not have.")
    removed: int
    relabelled: int
    rejected: dict[str, int] = Field(description="How many images were left out, by reason.")
    passed_over: dict[str, int] = Field(
        default_factory=dict, description="What the search for images passed over: by suffix, or by another reason."
    )
    notes: list[str] = Field(
        default_factory=list, description="What to know of the version: how folders were understood, small classes."
    )
    report: str = Field(description="The page that shows what was taken and what was left out.")
    overtook: str = Field(
        "", description="Digest of a version that came while the sources were read, if this one replaced it."
    )
