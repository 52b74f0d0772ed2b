"""Batches that the gateway fills by itself: from a zip that was uploaded, or from a prefix of an S3 bucket."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel


class Upload(BaseModel):
    """Where a file is to be put."""

    upload_id: str
    url: str
    expires_at: datetime
    max_bytes: int


class ZipSource(BaseModel):
    """The images of an uploaded zip."""

    type: Literal["zip"] = "zip"
    upload_id: str


class PrefixSource(BaseModel):
    """The images under an S3 prefix that the gateway can read."""

    type: Literal["s3_prefix"] = "s3_prefix"
    uri: str


Source = ZipSource | PrefixSource
