"""The object store, through the Airflow connection `meadow_s3`."""

from functools import partial
from typing import Any

from meadow_airflow.settings import S3_CONNECTION
from meadow_airflow.smoke.holdout import Read


def reader(bucket: str) -> Read:
    """Read objects of a bucket."""
    # The provider takes a second or two to import, which the parsing of DAGs should not.
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook  # noqa: PLC0415

    client = S3Hook(aws_conn_id=S3_CONNECTION).get_conn()
    return partial(_read, client, bucket)


def _read(client: Any, bucket: str, key: str) -> bytes:  # noqa: ANN401 - boto3 has no types here
    body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body
