"""Names that may become part of a key: some servers take '..' for the folder above."""


def is_plain_name(text: str) -> bool:
    """Whether there are letters, digits, `-` and `_` only, and one of the first two at least."""
    return text.replace("-", "").replace("_", "").isalnum()
