"""How the object store fails; apart from its client, which needs boto3."""


class StoreError(Exception):
    """The object store did not do what was asked; the message names bucket, key and reason."""


class ObjectMissingError(StoreError):
    """There is no object under the key."""
