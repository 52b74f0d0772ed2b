"""Settings of the stores: Redis, S3 and the model registry."""

from pathlib import Path

from pydantic import Field, SecretStr

from meadow.settings import EnvironmentSettings, MlflowAddress


class RedisSettings(EnvironmentSettings):
    """The server with job records and queues."""

    redis_url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:6390/0"),
        description="Address of the Redis or Valkey server with job records and queues.",
    )


class StorageSettings(EnvironmentSettings):
    """The S3 server and its buckets."""

    s3_endpoint_url: str = Field("http://127.0.0.1:9010", description="Endpoint of the S3 server; empty for AWS.")
    s3_public_endpoint_url: str = Field(
        "", description="Endpoint at which clients reach the S3 server for uploads; empty if it is the same."
    )
    s3_region: str = Field("us-east-1", description="Region sent in S3 signatures.")
    s3_access_key: str = Field("", description="S3 access key; if empty, boto3 looks for credentials.")
    s3_secret_key: SecretStr = Field(SecretStr(""), description="S3 secret key.")
    images_bucket: str = Field("images-bucket", description="Bucket of training images and data set manifests.")
    models_bucket: str = Field("models-bucket", description="Bucket in which MLflow keeps its artefacts.")
    jobs_bucket: str = Field("jobs-bucket", description="Bucket of batch packs and their results.")


class RegistrySettings(MlflowAddress):
    """The model registry, and the cache of what is downloaded from it."""

    registered_model: str = Field("meadow-classifier", description="Name of the registered model.")
    experiment: str = Field("meadow", description="MLflow experiment that training runs are logged to.")
    model_poll_seconds: float = Field(
        3.0, gt=0, description="Interval at which a worker host polls the registry for the production model."
    )

    @property
    def model_cache(self) -> Path:
        """Folder of the downloaded model bundles, shared by the processes of a host."""
        return self.home / "cache" / "models"

    @property
    def feature_cache(self) -> Path:
        """Folder of the features that frozen networks gave images, which spares the next training run their cost."""
        return self.home / "cache" / "features"
