"""How a data set can be unusable."""


class DatasetError(Exception):
    """The data cannot be used; the message says what is wrong and where."""
