"""The S3 client, kept to plain calls that MinIO, AWS and the embedded server all answer alike.

No tags, user metadata or conditional writes: not every server keeps them. Keys are written once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from botocore.exceptions import BotoCoreError, ClientError

from meadow.settings import Settings
from meadow.storage.connection import connect_s3
from meadow.storage.errors import (
    ObjectChangedError,
    ObjectMissingError,
    ObjectRefusedError,
    ObjectTooLargeError,
    StoreError,
)

__all__ = ("ObjectEntry", "ObjectMissingError", "ObjectStat", "ObjectStore", "StoreError")

MISSING_CODES = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchBucket"})
REFUSED_CODES = frozenset({"403", "AccessDenied", "AllAccessDisabled"})
BUCKET_EXISTS_CODES = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})


@dataclass(frozen=True)
class ObjectStat:
    """An object's size, and a tag that changes with its content."""

    size: int
    etag: str


@dataclass(frozen=True)
class ObjectEntry:
    """An object in a listing."""

    key: str
    size: int


class ObjectStore:
    """Bytes under keys in buckets. Safe to share between threads.

    Every method raises `StoreError` when the store cannot be reached or refuses.
    """

    def __init__(self, settings: Settings) -> None:
        self._client = connect_s3(settings, settings.s3_endpoint_url)
        # Signing an address asks nobody; only the host name in it must be the one that clients know.
        public = settings.s3_public_endpoint_url
        self._signer = connect_s3(settings, public) if public else self._client

    def ensure_bucket(self, bucket: str) -> None:
        """Create the bucket if it is not there."""
        with _trying("create bucket", bucket, ""):
            try:
                self._client.create_bucket(Bucket=bucket)
            except ClientError as error:
                if _code(error) not in BUCKET_EXISTS_CODES:
                    raise

    def check_bucket(self, bucket: str) -> None:
        """Raise unless the bucket can be used."""
        with _trying("reach bucket", bucket, ""):
            self._client.head_bucket(Bucket=bucket)

    def put(self, bucket: str, key: str, body: bytes | BinaryIO) -> None:
        """Write an object."""
        with _trying("write", bucket, key):
            self._client.put_object(Bucket=bucket, Key=key, Body=body)

    def get(self, bucket: str, key: str, *, max_bytes: int | None = None) -> bytes:
        """Read an object.

        Raises:
            ObjectMissingError: Nothing lies under the key.
            ObjectRefusedError: It may not be read.
            ObjectTooLargeError: It has more than `max_bytes`, which are then not transferred.
        """
        with _trying("read", bucket, key):
            answer = self._client.get_object(Bucket=bucket, Key=key)
            with answer["Body"] as body:
                if max_bytes is not None and answer["ContentLength"] > max_bytes:
                    raise ObjectTooLargeError(f"s3://{bucket}/{key} has {answer['ContentLength']:,} bytes.")
                return body.read()

    def get_range(self, bucket: str, key: str, start: int, length: int, *, etag: str) -> bytes:
        """Read up to `length` bytes from `start`, which lies within the object.

        Raises:
            ObjectMissingError: Nothing lies under the key any more.
            ObjectChangedError: The object is not the one that `etag` was given for.
        """
        with _trying("read", bucket, key):
            answer = self._client.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{start + length - 1}")
            with answer["Body"] as body:
                if answer["ETag"] != etag:
                    raise ObjectChangedError(f"s3://{bucket}/{key} was replaced while it was read.")
                return body.read()

    def stat(self, bucket: str, key: str) -> ObjectStat:
        """Look an object up without reading it.

        Raises:
            ObjectMissingError: Nothing lies under the key.
        """
        with _trying("look up", bucket, key):
            answer = self._client.head_object(Bucket=bucket, Key=key)
            return ObjectStat(answer["ContentLength"], answer["ETag"])

    def exists(self, bucket: str, key: str) -> bool:
        """Whether an object lies under the key."""
        try:
            self.stat(bucket, key)
        except ObjectMissingError:
            return False
        return True

    def entries(self, bucket: str, prefix: str, *, recursive: bool = True, after: str = "") -> Iterator[ObjectEntry]:
        """Yield the objects under a prefix, in lexical order.

        Args:
            bucket: Where to look.
            prefix: What the keys begin with.
            recursive: Whether to go on beyond the next `/` of a key.
            after: Only keys behind this one.
        """
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix, Delimiter="" if recursive else "/", StartAfter=after
        )
        with _trying("list", bucket, prefix):
            for page in pages:
                for entry in page.get("Contents", []):
                    yield ObjectEntry(entry["Key"], entry["Size"])

    def keys(self, bucket: str, prefix: str) -> Iterator[str]:
        """Yield the keys under a prefix, in lexical order."""
        return (entry.key for entry in self.entries(bucket, prefix))

    def folders(self, bucket: str, prefix: str) -> Iterator[str]:
        """Yield what the keys under a prefix have up to the next `/`, that included, each once."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
        with _trying("list", bucket, prefix):
            for page in pages:
                for entry in page.get("CommonPrefixes", []):
                    yield entry["Prefix"]

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with _trying("delete", bucket, key):
            self._client.delete_object(Bucket=bucket, Key=key)

    def delete_prefix(self, bucket: str, prefix: str) -> None:
        """Delete every object under a prefix."""
        for key in list(self.keys(bucket, prefix)):
            self.delete(bucket, key)

    def presigned_put(self, bucket: str, key: str, *, seconds: int) -> str:
        """Make an address that whoever has it may write the object to, for so many seconds."""
        with _trying("sign", bucket, key):
            return self._signer.generate_presigned_url(
                "put_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=seconds
            )


@contextmanager
def _trying(verb: str, bucket: str, key: str) -> Iterator[None]:
    """Say of a failure what was tried, where, and why it failed."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        code = _code(error) if isinstance(error, ClientError) else ""
        kind = (
            ObjectMissingError if code in MISSING_CODES else ObjectRefusedError if code in REFUSED_CODES else StoreError
        )
        raise kind(f"Could not {verb} s3://{bucket}/{key}: {error}") from error


def _code(error: ClientError) -> str:
    response = cast("dict[str, dict[str, str]]", error.response)
    return response["Error"].get("Code", "")
