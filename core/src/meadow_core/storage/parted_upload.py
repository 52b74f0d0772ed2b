"""Writing an object while its bytes still come in."""

from typing import TYPE_CHECKING

from meadow.sizes import MEBIBYTE
from meadow_core.storage.failures import trying

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 8 * MEBIBYTE
"""S3 takes no part below 5 MiB but the last."""


class PartedUpload:
    """One object, written part by part; it is not there before `complete`. Raises as `ObjectStore` does."""

    def __init__(self, client: "S3Client", bucket: str, key: str) -> None:
        self._client = client
        self._bucket, self._key = bucket, key
        self._parts: list[CompletedPartTypeDef] = []
        with trying("write", bucket, key):
            self._id = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]

    def add(self, body: bytes) -> None:
        """Write the next part."""
        number = len(self._parts) + 1
        with trying("write", self._bucket, self._key):
            answer = self._client.upload_part(
                Bucket=self._bucket, Key=self._key, UploadId=self._id, PartNumber=number, Body=body
            )
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})

    def complete(self) -> None:
        """Make an object of the parts."""
        with trying("write", self._bucket, self._key):
            self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=self._key, UploadId=self._id, MultipartUpload={"Parts": self._parts}
            )

    def abort(self) -> None:
        """Leave nothing behind."""
        with trying("delete", self._bucket, self._key):
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._id)
