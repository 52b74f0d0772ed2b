"""Every setting of every Meadow service, in one place.

A value comes from the environment (`MEADOW_...`), else from the embedded stack's `stack.env` in the home folder,
else from the default here. Secrets have no default: a service that needs one refuses to start without it.
"""

import os
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

STACK_ENV_FILE = "stack.env"
"""Written by the embedded stack into the home folder; read by every process and command that uses that folder."""

MEBIBYTE = 1024 * 1024


class Settings(BaseSettings):
    """Settings of the services, the embedded stack and the command line."""

    model_config = SettingsConfigDict(env_prefix="MEADOW_", extra="ignore", frozen=True)

    home: Path = Field(Path(".meadow"), description="Folder that holds all state of the embedded stack.")

    # The stores
    redis_url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:6390/0"), description="Redis or Valkey: job records and queues."
    )
    s3_endpoint_url: str = Field("http://127.0.0.1:9010", description="Any S3 server; empty for AWS itself.")
    s3_public_endpoint_url: str = Field(
        "", description="Where clients reach that server to upload to it; empty for the same address."
    )
    s3_region: str = Field("us-east-1", description="Region sent in S3 signatures.")
    s3_access_key: str = Field("", description="S3 access key; empty lets boto3 look for credentials.")
    s3_secret_key: SecretStr = Field(SecretStr(""), description="S3 secret key.")
    images_bucket: str = Field("images-bucket", description="Bucket of training images and data set manifests.")
    models_bucket: str = Field("models-bucket", description="Bucket in which MLflow keeps its artefacts.")
    jobs_bucket: str = Field("jobs-bucket", description="Bucket of batch packs and their results.")

    # The model registry
    mlflow_tracking_uri: str = Field("http://127.0.0.1:5000", description="MLflow tracking server.")
    mlflow_public_url: str = Field("", description="Where people open MLflow; empty for the tracking server's address.")
    registered_model: str = Field("meadow-classifier", description="Name of the registered model.")
    experiment: str = Field("meadow", description="MLflow experiment that training runs are logged to.")
    model_poll_seconds: float = Field(3.0, gt=0, description="How often a worker host asks which model is production.")

    # The gateway
    api_host: str = Field("127.0.0.1", description="Address the gateway binds to; API keys are required off loopback.")
    api_port: int = Field(8000, ge=1, le=65535, description="Port of the gateway.")
    api_keys: str = Field("", description="Comma-separated name:sha256 pairs of accepted API keys.")
    max_image_bytes: int = Field(64 * MEBIBYTE, gt=0, description="Largest accepted image, in bytes.")
    max_image_pixels: int = Field(
        64_000_000,
        gt=0,
        description="Largest accepted image, in pixels; a JPEG that is not progressive may have four times as many.",
    )
    max_pack_bytes: int = Field(64 * MEBIBYTE, gt=0, description="Largest accepted pack of a batch, in bytes.")
    max_pack_items: int = Field(256, gt=0, description="Most images in one pack of a batch.")
    max_form_images: int = Field(100, gt=0, description="Most images in one form that makes a batch.")
    max_zip_bytes: int = Field(4096 * MEBIBYTE, gt=0, description="Largest accepted zip, in bytes.")
    max_zip_entries: int = Field(100_000, gt=0, description="Most entries of a zip.")
    max_unzipped_bytes: int = Field(32_768 * MEBIBYTE, gt=0, description="Most bytes that a zip may unpack to.")
    max_zip_ratio: int = Field(200, gt=0, description="Most bytes that one byte of a zip's image may unpack to.")
    upload_seconds: int = Field(3_600, gt=0, le=604_800, description="How long the address of an upload is good for.")
    source_buckets: str = Field(
        "", description="Comma-separated buckets that batches may be read from; empty for the images bucket alone."
    )
    shrink_pixels: int = Field(
        336,
        ge=0,
        description="Shorter side that clients make large photographs of folders smaller to; should be half again what "
        "the models look at; 0 for not at all.",
    )
    max_queue_depth: int = Field(10_000, gt=0, description="Waiting messages a queue may hold before a 503.")
    max_inflight_bytes: int = Field(256 * MEBIBYTE, gt=0, description="Image bytes Redis may hold before a 503.")
    max_wait_seconds: int = Field(30, gt=0, description="Longest wait that `Prefer: wait=N` is granted.")
    job_retention_seconds: int = Field(86_400, gt=0, description="How long a finished classification can be read.")
    batch_retention_seconds: int = Field(7 * 86_400, gt=0, description="The same for batches and training runs.")
    idempotency_seconds: int = Field(86_400, gt=0, description="How long an Idempotency-Key is remembered.")
    job_deadline_seconds: int = Field(3_600, gt=0, description="A job that waited this long is expired.")
    webhook_secret: SecretStr = Field(
        SecretStr(""), description="Comma-separated `whsec_` secrets that webhooks are signed with; none: no webhooks."
    )
    webhook_allowed_networks: str = Field(
        "", description="Comma-separated networks, as `10.1.0.0/16`, that webhooks may reach although not public."
    )

    # Feedback and review
    feedback_image_seconds: int = Field(
        900, ge=0, description="How long the image of an answered job is kept in Redis, for feedback; 0 for not at all."
    )
    feedback_image_bytes: int = Field(
        64 * MEBIBYTE, ge=0, description="Bytes of all those images together; the oldest go first."
    )
    review_images: int = Field(
        1_000, ge=0, description="Uncertain images that are kept in S3 to be looked at; a sample where there are more."
    )
    review_seconds: int = Field(30 * 86_400, gt=0, description="How long they are kept.")
    quality_seconds: int = Field(
        30 * 86_400, gt=0, description="How long the hourly statistics of answers are kept; a limit to the window."
    )

    drift_min_images: int = Field(100, ge=1, description="Fewer images in a window are too few to tell drift from.")
    drift_psi: float = Field(
        0.25, gt=0, description="A population stability index above it is drift, if the test finds it too."
    )
    drift_significance: float = Field(0.001, gt=0, lt=1, description="p-value that a drift has to stay below.")
    accuracy_min_labels: int = Field(
        30, ge=1, description="Fewer labels that people gave in a window are too few to tell a performance drop from."
    )
    accuracy_max_drop: float = Field(
        0.05, ge=0, lt=1, description="How far labelled accuracy may surely be below the hold-out's."
    )

    # Ingestion
    ingest_allowed_networks: str = Field(
        "", description="Comma-separated networks, as `10.1.0.0/16`, that images may come from although not public."
    )
    ingest_downloads: int = Field(16, ge=1, le=256, description="Images that are downloaded at the same time.")
    ingest_timeout_seconds: float = Field(30.0, gt=0, description="Longest that one try to download an image takes.")

    # Workers and trainer
    lease_seconds: float = Field(10.0, gt=0, description="A running job without a heartbeat for so long is retried.")
    max_attempts: int = Field(3, ge=1, description="Attempts before a job that kills its worker is failed.")
    image_seconds: float = Field(
        120.0,
        gt=0,
        description="A process that decodes an image, or runs the network, for longer is ended; its work is retried.",
    )
    worker_processes: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, description="Inference processes of a worker."
    )
    worker_engine: str = Field("auto", pattern="^(auto|openvino|torch)$", description="Inference engine.")
    worker_precision: str = Field(
        "auto",
        pattern="^(auto|float32|bfloat16|int8)$",
        description="Arithmetic of the OpenVINO engine; auto measures what is fastest among those that answer alike.",
    )
    worker_threads: int = Field(
        32, ge=1, description="Threads of a worker with the torch engine, whose images are run together."
    )
    worker_metrics_host: str = Field("127.0.0.1", description="Address the worker's /metrics binds to.")
    worker_metrics_port: int = Field(9101, ge=1, le=65535, description="Port of the worker's /metrics.")
    trainer_metrics_host: str = Field("127.0.0.1", description="Address the trainer's /metrics binds to.")
    trainer_metrics_port: int = Field(9103, ge=1, le=65535, description="Port of the trainer's /metrics.")
    task_events: bool = Field(default=True, description="Send Celery events, which Flower shows.")

    promotion_min_gain: float = Field(
        0.005, ge=0, le=1, description="By how much a new model's hold-out accuracy must be higher to be promoted."
    )
    promotion_max_recall_drop: float = Field(
        0.05, ge=0, le=1, description="By how much a promoted model's recall of any one class may be lower."
    )
    promotion_min_accuracy: float | None = Field(
        None,
        ge=0,
        le=1,
        description="A new model of a lower hold-out accuracy is refused; empty: one that only guesses is.",
    )
    promotion_significance: float = Field(
        0.05, gt=0, lt=1, description="A new model that is worse is refused if the paired test's p is below this."
    )
    promotion_require_significance: bool = Field(
        default=False, description="Promote only if the paired test finds the gain, too, at that p."
    )

    # Pages and watchers
    ui_host: str = Field(
        "127.0.0.1", description="Address the pages bind to; whoever reaches them uses the gateway with their API key."
    )
    ui_port: int = Field(8501, ge=1, le=65535, description="Port of the Streamlit pages.")
    flower_port: int = Field(5555, ge=1, le=65535, description="Port of Flower.")
    flower_user: str = Field("meadow", description="Who may open Flower, if it has a password.")
    flower_password: SecretStr = Field(
        SecretStr(""), description="Password of Flower in the embedded stack; empty: whoever reaches it may open it."
    )
    flower_url: str = Field("http://127.0.0.1:5555", description="Where people open Flower.")

    # Logs and traces
    log_format: str = Field("text", pattern="^(text|json)$", description="Lines for people, or JSON for machines.")
    traces_endpoint: str = Field(
        "", description="Where traces go, as `http://collector:4318/v1/traces` (OTLP); empty: there are none."
    )
    traces_share: float = Field(1.0, ge=0, le=1, description="Share of the traces begun here that are kept.")

    # Clients
    api_url: str = Field("http://127.0.0.1:8000", description="Gateway that the client, CLI and UI talk to.")
    api_key: SecretStr = Field(SecretStr(""), description="API key that the client, CLI and UI send.")

    @property
    def readable_buckets(self) -> list[str]:
        """Buckets that batches may be read from."""
        return [name.strip() for name in self.source_buckets.split(",") if name.strip()] or [self.images_bucket]

    @property
    def mlflow_page(self) -> str:
        """Where people open MLflow, without a slash at the end."""
        return (self.mlflow_public_url or self.mlflow_tracking_uri).rstrip("/")

    @property
    def model_cache(self) -> Path:
        """Folder of the downloaded model bundles, shared by the processes of a host."""
        return self.home / "cache" / "models"


def load_settings() -> Settings:
    """Read the settings from the environment and the home folder's `stack.env`.

    Raises:
        pydantic.ValidationError: A value is not of its type or out of its range; the message names it.
    """
    home = Path(os.environ.get("MEADOW_HOME", ".meadow"))
    return Settings(_env_file=home / STACK_ENV_FILE, home=home)
