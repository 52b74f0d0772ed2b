"""Every setting of every Meadow service, in one place.

A value comes from the environment (`MEADOW_...`), else from the embedded stack's `stack.env` in the home folder,
else from the default here. Secrets have no default: a service that needs one refuses to start without it.
"""

import logging
import os
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ENV_PREFIX = "MEADOW_"
NEAR_MISS = 0.93
"""Similarity of two names of which one is taken for a misspelled other: about two letters of twenty."""
STACK_ENV_FILE = "stack.env"
"""Written by the embedded stack into the home folder; read by every process and command that uses that folder."""

MEBIBYTE = 1024 * 1024

logger = logging.getLogger(__name__)


class Settings(BaseSettings):
    """Settings of the services, the embedded stack and the command line."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="ignore", frozen=True)

    home: Path = Field(Path(".meadow"), description="Folder that holds all state of the embedded stack.")

    # The stores
    redis_url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:6390/0"),
        description="Address of the Redis or Valkey server with job records and queues.",
    )
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

    # The model registry
    mlflow_tracking_uri: str = Field("http://127.0.0.1:5000", description="MLflow tracking server.")
    mlflow_public_url: str = Field(
        "", description="Address at which browsers reach MLflow; empty if it is the tracking server's."
    )
    registered_model: str = Field("meadow-classifier", description="Name of the registered model.")
    experiment: str = Field("meadow", description="MLflow experiment that training runs are logged to.")
    model_poll_seconds: float = Field(
        3.0, gt=0, description="Interval at which a worker host polls the registry for the production model."
    )

    # The gateway
    api_host: str = Field(
        "127.0.0.1", description="Address the gateway binds to; anything but loopback requires API keys."
    )
    api_port: int = Field(8000, ge=1, le=65535, description="Port of the gateway.")
    api_keys: str = Field("", description="Accepted API keys, as comma-separated `name:sha256` pairs.")
    max_image_bytes: int = Field(64 * MEBIBYTE, gt=0, description="Largest accepted image, in bytes.")
    max_image_pixels: int = Field(
        64_000_000,
        gt=0,
        description="Largest accepted image, in pixels; baseline JPEGs may have four times as many.",
    )
    max_pack_bytes: int = Field(64 * MEBIBYTE, gt=0, description="Largest accepted pack of a batch, in bytes.")
    max_pack_items: int = Field(256, gt=0, description="Most images in one pack of a batch.")
    max_form_images: int = Field(100, gt=0, description="Most images in one batch form.")
    max_zip_bytes: int = Field(4096 * MEBIBYTE, gt=0, description="Largest accepted zip, in bytes.")
    max_zip_entries: int = Field(100_000, gt=0, description="Most entries of a zip.")
    max_unzipped_bytes: int = Field(32_768 * MEBIBYTE, gt=0, description="Most bytes that a zip may unpack to.")
    max_zip_ratio: int = Field(200, gt=0, description="Most bytes that one byte of a zip's image may unpack to.")
    upload_seconds: int = Field(3_600, gt=0, le=604_800, description="Lifetime of a presigned upload address.")
    source_buckets: str = Field(
        "",
        description="Buckets that batches and data sets may be read from, comma-separated; empty for "
        "the images bucket only.",
    )
    shrink_pixels: int = Field(
        336,
        ge=0,
        description="Shorter side to which clients shrink large photographs before sending them, "
        "about 1.5 times the model's input; 0 to send them unchanged.",
    )
    max_queue_depth: int = Field(
        10_000, gt=0, description="Messages that a queue may hold before submissions get a 503."
    )
    max_inflight_bytes: int = Field(
        256 * MEBIBYTE, gt=0, description="Image bytes that Redis may hold before submissions get a 503."
    )
    max_wait_seconds: int = Field(30, gt=0, description="Longest wait that `Prefer: wait=N` can request.")
    job_retention_seconds: int = Field(86_400, gt=0, description="How long finished classifications are kept.")
    batch_retention_seconds: int = Field(
        7 * 86_400, gt=0, description="How long finished batches and training runs are kept."
    )
    idempotency_seconds: int = Field(86_400, gt=0, description="How long an `Idempotency-Key` is remembered.")
    job_deadline_seconds: int = Field(3_600, gt=0, description="Jobs that wait longer than this expire.")
    webhook_secret: SecretStr = Field(
        SecretStr(""),
        description="Secrets that webhooks are signed with, comma-separated, each starting with "
        "`whsec_`; empty disables webhooks.",
    )
    webhook_allowed_networks: str = Field(
        "", description="Private networks that webhooks may reach, comma-separated, such as `10.1.0.0/16`."
    )

    # Feedback and review
    feedback_image_seconds: int = Field(
        900, ge=0, description="How long the image of a finished job stays in Redis for feedback; 0 to drop it at once."
    )
    feedback_image_bytes: int = Field(
        64 * MEBIBYTE, ge=0, description="Total size of these images; the oldest are dropped first."
    )
    review_images: int = Field(
        1_000, ge=0, description="Uncertain images kept in S3 for review; a random sample if there are more."
    )
    review_seconds: int = Field(30 * 86_400, gt=0, description="How long images stay in the review queue.")
    quality_seconds: int = Field(
        30 * 86_400, gt=0, description="How long hourly prediction statistics are kept; also the longest window."
    )

    drift_min_images: int = Field(100, ge=1, description="Fewest images in a window for drift detection.")
    drift_psi: float = Field(
        0.25, gt=0, description="Population stability index above which a significant change counts as drift."
    )
    drift_significance: float = Field(
        0.001, gt=0, lt=1, description="p-value below which a change counts as significant."
    )
    accuracy_min_labels: int = Field(
        30, ge=1, description="Fewest labels in a window for detecting a performance drop."
    )
    accuracy_max_drop: float = Field(
        0.05,
        ge=0,
        lt=1,
        description="Largest accepted drop of labelled accuracy below the hold-out's (lower confidence bound).",
    )

    # Ingestion
    ingest_allowed_networks: str = Field(
        "",
        description="Private networks that training images may be downloaded from, comma-separated, "
        "such as `10.1.0.0/16`.",
    )
    ingest_downloads: int = Field(16, ge=1, le=256, description="Concurrent downloads of an ingestion.")
    ingest_timeout_seconds: float = Field(30.0, gt=0, description="Timeout of one download attempt.")

    # Workers and trainer
    lease_seconds: float = Field(
        10.0, gt=0, description="Time without a heartbeat after which a running job is retried."
    )
    max_attempts: int = Field(3, ge=1, description="Attempts after which a job that crashes its worker fails.")
    image_seconds: float = Field(
        120.0,
        gt=0,
        description="Longest time to decode an image or run the network; a process that takes longer "
        "is killed and its work retried.",
    )
    worker_processes: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, description="Inference processes per worker."
    )
    worker_engine: str = Field("auto", pattern="^(auto|openvino|torch)$", description="Inference engine.")
    worker_precision: str = Field(
        "auto",
        pattern="^(auto|float32|bfloat16|int8)$",
        description="Precision of the OpenVINO engine; `auto` measures which is fastest among those "
        "that pass the parity check.",
    )
    worker_threads: int = Field(
        32, ge=1, description="Threads of a worker with the torch engine, which batches their images."
    )
    worker_metrics_host: str = Field("127.0.0.1", description="Address the worker's /metrics binds to.")
    worker_metrics_port: int = Field(9101, ge=1, le=65535, description="Port of the worker's /metrics.")
    trainer_metrics_host: str = Field("127.0.0.1", description="Address the trainer's /metrics binds to.")
    trainer_metrics_port: int = Field(9103, ge=1, le=65535, description="Port of the trainer's /metrics.")
    task_events: bool = Field(default=True, description="Whether to send Celery events for Flower.")

    promotion_min_gain: float = Field(
        0.005, ge=0, le=1, description="Hold-out accuracy gain that a new model needs to be promoted."
    )
    promotion_max_recall_drop: float = Field(
        0.05, ge=0, le=1, description="Largest drop in recall of any class that a promoted model may have."
    )
    promotion_min_accuracy: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Lowest hold-out accuracy of a promoted model; if empty, it has to beat guessing.",
    )
    promotion_significance: float = Field(
        0.05, gt=0, lt=1, description="p-value of the paired test below which a worse model is refused."
    )
    promotion_require_significance: bool = Field(
        default=False, description="Whether the gain has to be significant at that p-value."
    )

    # Pages and watchers
    ui_host: str = Field(
        "127.0.0.1", description="Address the pages bind to; whoever reaches them acts with their API key."
    )
    ui_port: int = Field(8501, ge=1, le=65535, description="Port of the Streamlit pages.")
    flower_port: int = Field(5555, ge=1, le=65535, description="Port of Flower.")
    flower_user: str = Field("meadow", description="User name for Flower, if it has a password.")
    flower_password: SecretStr = Field(
        SecretStr(""), description="Password of Flower in the embedded stack; empty for no login."
    )
    flower_url: str = Field("http://127.0.0.1:5555", description="Address at which browsers reach Flower.")

    # Logs and traces
    log_format: str = Field(
        "text", pattern="^(text|json)$", description="Log format: text for people, JSON for machines."
    )
    traces_endpoint: str = Field(
        "", description="OTLP endpoint for traces, such as `http://collector:4318/v1/traces`; empty disables them."
    )
    traces_share: float = Field(1.0, ge=0, le=1, description="Share of traces that are sampled.")

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
    for name, nearest in misspelled_variables(os.environ).items():
        _warn_once(name, nearest)
    home = Path(os.environ.get("MEADOW_HOME", ".meadow"))
    return Settings(_env_file=home / STACK_ENV_FILE, home=home)


def misspelled_variables(names: Iterable[str]) -> dict[str, str]:
    """Find variables that look like a misspelled setting, each with the setting's name."""
    known = {f"{ENV_PREFIX}{field.upper()}" for field in Settings.model_fields}
    # The embedded stack and the DAGs have variables of their own: only a near miss is sure to be one.
    unknown = (name for name in names if name.startswith(ENV_PREFIX) and name not in known)
    nearest = {name: get_close_matches(name, known, n=1, cutoff=NEAR_MISS) for name in unknown}
    return {name: matches[0] for name, matches in nearest.items() if matches}


@cache
def _warn_once(name: str, nearest: str) -> None:
    """The pages read the settings whenever they are drawn."""
    logger.warning("%s is not a setting and has no effect. Did you mean %s?", name, nearest)
