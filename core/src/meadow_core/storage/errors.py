"""How the object store fails; apart from its client, which needs boto3."""

from meadow.errors import MeadowError


class StoreError(MeadowError):
    """The object store did not do what was asked; the message names bucket, key and reason."""


class ObjectMissingError(StoreError):
    """There is no object under the key."""


class ObjectRefusedError(StoreError):
    """The store's credentials are good, but not for this bucket or object."""


class ObjectChangedError(StoreError):
    """The object is another one than when its reading began."""


class ObjectTooLargeError(StoreError):
    """The object has more bytes than are read."""
