"""How a data set can be unusable."""

from meadow.errors import MeadowError


class DatasetError(MeadowError):
    """The data cannot be used; the message says what is wrong and where."""


class OvertakenError(DatasetError):
    """Somebody else published a version of the data set meanwhile."""
