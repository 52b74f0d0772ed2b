"""The settings of each service: the groups that it needs, and what it alone reads."""

import os

from pydantic import Field

from meadow_core.settings.ingestion import IngestionSettings
from meadow_core.settings.jobs import JobSettings
from meadow_core.settings.promotion import PromotionSettings
from meadow_core.settings.quality import QualitySettings, ReviewSettings
from meadow_core.settings.stores import RedisSettings, RegistrySettings, StorageSettings
from meadow_core.settings.telemetry import TelemetrySettings
from meadow_core.settings.uploads import SourceSettings, UploadSettings
from meadow_core.settings.webhooks import WebhookSettings


class ServiceSettings(RedisSettings, StorageSettings, RegistrySettings, JobSettings, TelemetrySettings):
    """What every service on the queue needs."""


class ApiSettings(ServiceSettings, UploadSettings, IngestionSettings, ReviewSettings, QualitySettings, WebhookSettings):
    """Settings of the gateway."""

    api_host: str = Field(
        "127.0.0.1", description="Address the gateway binds to; anything but loopback requires API keys."
    )
    api_port: int = Field(8000, ge=1, le=65535, description="Port of the gateway.")
    api_keys: str = Field("", description="Accepted API keys, as comma-separated `name:sha256` pairs.")
    shrink_pixels: int = Field(
        336,
        ge=0,
        description="Shorter side to which clients shrink large photographs before sending them, "
        "about 1.5 times the model's input; 0 to send them unchanged.",
    )
    max_wait_seconds: int = Field(30, gt=0, description="Longest wait that `Prefer: wait=N` can request.")


class WorkerSettings(ServiceSettings, UploadSettings, SourceSettings, ReviewSettings, QualitySettings):
    """Settings of a worker."""

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


class TrainerSettings(ServiceSettings, IngestionSettings, PromotionSettings):
    """Settings of the trainer."""

    trainer_metrics_host: str = Field("127.0.0.1", description="Address the trainer's /metrics binds to.")
    trainer_metrics_port: int = Field(9103, ge=1, le=65535, description="Port of the trainer's /metrics.")
