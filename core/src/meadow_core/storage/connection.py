"""How S3 is reached: the options that every server needs to be happy."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from meadow_core.settings.stores import StorageSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def connect_s3(settings: StorageSettings, endpoint_url: str) -> "S3Client":
    """Make a client for a server; an empty address means AWS itself."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint_url or None,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key or None,
        aws_secret_access_key=settings.s3_secret_key.get_secret_value() or None,
        config=Config(
            signature_version="s3v4",
            # A signature over the body as well takes half of an upload's CPU time here; TLS keeps it whole underway.
            s3={"addressing_style": "path", "payload_signing_enabled": False},
            # Checksums that are not required break ranged reads on some servers.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"max_attempts": 4, "mode": "standard"},
            connect_timeout=3,
            read_timeout=30,
            max_pool_connections=32,
        ),
    )
