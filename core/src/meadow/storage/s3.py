"""The S3 client, kept to plain calls that MinIO, AWS and the embedded server all answer alike.

No tags, user metadata or conditional writes: not every server keeps them. Keys are written once.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from meadow.settings import Settings
from meadow.storage.errors import ObjectMissingError, StoreError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ("ObjectMissingError", "ObjectStore", "StoreError")

MISSING_CODES = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchBucket"})
BUCKET_EXISTS_CODES = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})


class ObjectStore:
    """Bytes under keys in buckets. Safe to share between threads.

    Every method raises `StoreError` when the store cannot be reached or refuses.
    """

    def __init__(self, settings: Settings) -> None:
        self._client: S3Client = boto3.client(
            "s3",
            endpoint_url=settings.s3_endpoint_url or None,
            region_name=settings.s3_region,
            aws_access_key_id=settings.s3_access_key or None,
            aws_secret_access_key=settings.s3_secret_key.get_secret_value() or None,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                # Checksums that are not required break ranged reads on some servers.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                retries={"max_attempts": 4, "mode": "standard"},
                connect_timeout=3,
                read_timeout=30,
                max_pool_connections=32,
            ),
        )

    def ensure_bucket(self, bucket: str) -> None:
        """Create the bucket if it is not there."""
        try:
            self._client.create_bucket(Bucket=bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] not in BUCKET_EXISTS_CODES:
                raise _store_error("create bucket", bucket, "", error) from error
        except BotoCoreError as error:
            raise _store_error("create bucket", bucket, "", error) from error

    def check_bucket(self, bucket: str) -> None:
        """Raise unless the bucket can be used."""
        try:
            self._client.head_bucket(Bucket=bucket)
        except (ClientError, BotoCoreError) as error:
            raise _store_error("reach bucket", bucket, "", error) from error

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Write an object."""
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=body)
        except (ClientError, BotoCoreError) as error:
            raise _store_error("write", bucket, key, error) from error

    def get(self, bucket: str, key: str) -> bytes:
        """Read an object.

        Raises:
            ObjectMissingError: Nothing lies under the key.
        """
        try:
            return self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise _store_error("read", bucket, key, error) from error

    def exists(self, bucket: str, key: str) -> bool:
        """Whether an object lies under the key."""
        try:
            self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING_CODES:
                return False
            raise _store_error("look up", bucket, key, error) from error
        except BotoCoreError as error:
            raise _store_error("look up", bucket, key, error) from error
        return True

    def keys(self, bucket: str, prefix: str) -> Iterator[str]:
        """Yield the keys under a prefix, in lexical order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        try:
            for page in pages:
                for entry in page.get("Contents", []):
                    yield entry["Key"]
        except (ClientError, BotoCoreError) as error:
            raise _store_error("list", bucket, prefix, error) from error

    def delete_prefix(self, bucket: str, prefix: str) -> None:
        """Delete every object under a prefix."""
        for key in list(self.keys(bucket, prefix)):
            try:
                self._client.delete_object(Bucket=bucket, Key=key)
            except (ClientError, BotoCoreError) as error:
                raise _store_error("delete", bucket, key, error) from error


def _store_error(verb: str, bucket: str, key: str, error: ClientError | BotoCoreError) -> StoreError:
    """Say what was tried, where, and why it failed."""
    kind: type[StoreError] = StoreError
    if isinstance(error, ClientError):
        response = cast("dict[str, dict[str, str]]", error.response)
        if response["Error"].get("Code") in MISSING_CODES:
            kind = ObjectMissingError
    return kind(f"Could not {verb} s3://{bucket}/{key}: {error}")
