"""The data sets as the gateway lists them."""

from pydantic import BaseModel

from meadow.schemas.dataset_summary import VersionSummary


class DatasetList(BaseModel):
    """The newest version of each data set."""

    datasets: list[VersionSummary]


class DatasetDetail(VersionSummary):
    """A data set's current version, and all its versions: that one, then the others, newest first."""

    versions: list[VersionSummary]
