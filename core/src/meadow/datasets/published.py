"""The data sets as the gateway lists them."""

from pydantic import BaseModel

from meadow.datasets.summary import VersionSummary


class DatasetList(BaseModel):
    """The newest version of each data set."""

    datasets: list[VersionSummary]


class DatasetDetail(VersionSummary):
    """A data set's newest version, and all its versions, newest first."""

    versions: list[VersionSummary]
