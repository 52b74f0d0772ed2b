"""Names that may become part of a key: some servers take '..' for the folder above."""

from meadow_core.datasets.errors import DatasetError


def is_plain_name(text: str) -> bool:
    """Whether there are letters, digits, `-` and `_` only, and one of the first two at least."""
    return text.replace("-", "").replace("_", "").isalnum()


def check_name(name: str) -> None:
    """Check a data set's name, which becomes part of keys.

    Raises:
        DatasetError: It is none.
    """
    if not is_plain_name(name):
        raise DatasetError(f"{name!r} is no data set name. Use letters, digits, '-' and '_'.")
