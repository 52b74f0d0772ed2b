"""The base of Meadow's own errors."""


class MeadowError(Exception):
    """Something went wrong that a person can do something about; the text is a sentence for them."""
