"""The S3 client, kept to plain calls that MinIO, AWS and the embedded server all answer alike.

No tags, user metadata or conditional writes: not every server keeps them. Keys are written once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from botocore.exceptions import ClientError

from meadow_core.settings.stores import StorageSettings
from meadow_core.storage.connection import connect_s3
from meadow_core.storage.errors import ObjectChangedError, ObjectMissingError, ObjectTooLargeError, StoreError
from meadow_core.storage.failures import code_of, trying
from meadow_core.storage.parted_upload import PartedUpload

if TYPE_CHECKING:
    from mypy_boto3_s3.literals import BucketLocationConstraintType

__all__ = ("ObjectEntry", "ObjectMissingError", "ObjectStat", "ObjectStore", "StoreError")

BUCKET_EXISTS_CODES = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})
NAMELESS_REGION = "us-east-1"
"""The only region that is not named when a bucket is made in it."""


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

    def __init__(self, settings: StorageSettings) -> None:
        self._client = connect_s3(settings, settings.s3_endpoint_url)
        # Signing an address asks nobody; only the host name in it must be the one that clients know.
        public = settings.s3_public_endpoint_url
        self._signer = connect_s3(settings, public) if public else self._client

    def ensure_bucket(self, bucket: str) -> None:
        """Create the bucket if it is not there; where it is, no right to create any is needed."""
        try:
            self.check_bucket(bucket)
        except ObjectMissingError:
            self._create_bucket(bucket)

    def check_bucket(self, bucket: str) -> None:
        """Raise unless the bucket can be used."""
        with trying("reach bucket", bucket, ""):
            self._client.head_bucket(Bucket=bucket)

    def _create_bucket(self, bucket: str) -> None:
        region = self._client.meta.region_name
        with trying("create bucket", bucket, ""):
            try:
                if region == NAMELESS_REGION:
                    self._client.create_bucket(Bucket=bucket)
                else:
                    place = cast("BucketLocationConstraintType", region)
                    self._client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": place})
            except ClientError as error:
                # Another may have made it meanwhile.
                if code_of(error) not in BUCKET_EXISTS_CODES:
                    raise

    def put(self, bucket: str, key: str, body: bytes | BinaryIO) -> None:
        """Write an object."""
        with trying("write", bucket, key):
            self._client.put_object(Bucket=bucket, Key=key, Body=body)

    def get(self, bucket: str, key: str, *, max_bytes: int | None = None) -> bytes:
        """Read an object.

        Raises:
            ObjectMissingError: Nothing lies under the key.
            ObjectRefusedError: It may not be read.
            ObjectTooLargeError: It has more than `max_bytes`, which are then not transferred.
        """
        with trying("read", bucket, key):
            answer = self._client.get_object(Bucket=bucket, Key=key)
            with answer["Body"] as body:
                if max_bytes is not None and answer["ContentLength"] > max_bytes:
                    raise ObjectTooLargeError(f"s3://{bucket}/{key} has {answer['ContentLength']:,} bytes.")
                return body.read()

    def get_range(self, bucket: str, key: str, start: int, length: int, *, etag: str = "") -> bytes:
        """Read up to `length` bytes from `start`, which lies within the object.

        Args:
            bucket: Its bucket.
            key: Its key.
            start: The first byte.
            length: How many bytes at most.
            etag: The version of the object that is read; whichever there is if it is left out.

        Raises:
            ObjectMissingError: Nothing lies under the key any more.
            ObjectChangedError: The object is not the one that `etag` was given for.
        """
        with trying("read", bucket, key):
            answer = self._client.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{start + length - 1}")
            with answer["Body"] as body:
                if etag and answer["ETag"] != etag:
                    raise ObjectChangedError(f"s3://{bucket}/{key} was replaced while it was read.")
                return body.read()

    def get_start(self, bucket: str, key: str, length: int) -> bytes:
        """Read up to `length` bytes from the start of an object that is not empty.

        Raises:
            ObjectMissingError: Nothing lies under the key.
            ObjectRefusedError: It may not be read.
        """
        with trying("read", bucket, key):
            answer = self._client.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{length - 1}")
            with answer["Body"] as body:
                return body.read(length)

    def stat(self, bucket: str, key: str) -> ObjectStat:
        """Look an object up without reading it.

        Raises:
            ObjectMissingError: Nothing lies under the key.
        """
        with trying("look up", bucket, key):
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
        with trying("list", bucket, prefix):
            for page in pages:
                for entry in page.get("Contents", []):
                    yield ObjectEntry(entry["Key"], entry["Size"])

    def keys(self, bucket: str, prefix: str) -> Iterator[str]:
        """Yield the keys under a prefix, in lexical order."""
        return (entry.key for entry in self.entries(bucket, prefix))

    def begin_parts(self, bucket: str, key: str) -> PartedUpload:
        """Begin to write an object of which not all is there yet."""
        return PartedUpload(self._client, bucket, key)

    def folders(self, bucket: str, prefix: str) -> Iterator[str]:
        """Yield what the keys under a prefix have up to the next `/`, that included, each once."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
        with trying("list", bucket, prefix):
            for page in pages:
                for entry in page.get("CommonPrefixes", []):
                    yield entry["Prefix"]

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with trying("delete", bucket, key):
            self._client.delete_object(Bucket=bucket, Key=key)

    def delete_prefix(self, bucket: str, prefix: str) -> None:
        """Delete every object under a prefix."""
        for key in list(self.keys(bucket, prefix)):
            self.delete(bucket, key)

    def presigned_put(self, bucket: str, key: str, *, seconds: int) -> str:
        """Make an address that whoever has it may write the object to, for so many seconds."""
        with trying("sign", bucket, key):
            return self._signer.generate_presigned_url(
                "put_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=seconds
            )
