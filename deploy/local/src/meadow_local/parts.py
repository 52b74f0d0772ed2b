"""The parts of the stack: what each one is, how it starts, and how it is known to be ready."""

from collections.abc import Callable
from dataclasses import dataclass

from meadow_local import checks, folders
from meadow_local.binaries import module, redis_server, script
from meadow_local.checks import Target
from meadow_local.redis_conf import write_redis_conf
from meadow_local.settings import LOOPBACK, LocalSettings


def _nothing(settings: LocalSettings) -> None:
    """Most parts need no files."""


@dataclass(frozen=True)
class Part:
    """One process of the stack, with its children."""

    name: str
    about: str
    group: str
    """`stores`, `services`, or the name of an extra: what comes later is stopped earlier, before what it writes to."""
    command: Callable[[LocalSettings], list[str]]
    ready: Callable[[Target], None]
    """Raises `NotReadyError` until the part does its work."""
    ports: tuple[str, ...] = ()
    """Settings that name the ports it listens on."""
    page: Callable[[LocalSettings], str] | None = None
    """Where people open it."""
    prepare: Callable[[LocalSettings], None] = _nothing
    steady_seconds: int = 10
    """A part that ends sooner after its start failed to start; longer than its imports take."""
    stop_seconds: int = 10
    """How long it may take to finish what it has in hand."""
    signals_children: bool = True
    """Whether a stop is sent to its children too; False where the main process stops them in order."""


PARTS: tuple[Part, ...] = (
    Part(
        name="redis",
        about="queues and job records",
        group="stores",
        command=lambda settings: [redis_server(), str(settings.home / "run" / "redis.conf")],
        ready=checks.redis_answers,
        ports=("redis_port",),
        prepare=write_redis_conf,
        steady_seconds=1,
    ),
    Part(
        name="s3",
        about="images, batches and model artefacts",
        group="stores",
        command=lambda _: module("meadow_local.s3_server"),
        ready=checks.s3_keeps_objects,
        ports=("s3_port",),
        prepare=folders.make_buckets,
        steady_seconds=3,
    ),
    Part(
        name="mlflow",
        about="experiments and the model registry",
        group="stores",
        command=lambda _: module("meadow_local.mlflow_server"),
        ready=checks.mlflow_is_healthy,
        ports=("mlflow_port",),
        page=lambda settings: settings.mlflow_tracking_uri,
        prepare=folders.make_mlflow_folder,
        steady_seconds=20,
    ),
    Part(
        name="api",
        about="the gateway",
        group="services",
        command=lambda _: [script("meadow-api")],
        ready=checks.gateway_is_ready,
        ports=("api_port",),
        page=lambda settings: f"{settings.api_url}/docs",
    ),
    Part(
        name="worker",
        about="classifies",
        group="services",
        command=lambda _: [script("meadow-worker")],
        ready=checks.worker_beats,
        ports=("worker_metrics_port",),
        stop_seconds=20,
        signals_children=False,
    ),
    Part(
        name="trainer",
        about="trains",
        group="services",
        command=lambda _: [script("meadow-trainer")],
        ready=checks.trainer_answers,
        ports=("trainer_metrics_port",),
        stop_seconds=20,
        signals_children=False,
    ),
    Part(
        name="ui",
        about="pages to classify with",
        group="services",
        command=lambda _: [script("meadow-ui")],
        ready=checks.ui_is_healthy,
        ports=("ui_port",),
        page=lambda settings: f"http://{LOOPBACK}:{settings.ui_port}",
    ),
    Part(
        name="flower",
        about="the queues, watched",
        group="services",
        command=lambda _: module("meadow_local.flower_server"),
        ready=checks.flower_is_healthy,
        ports=("flower_port",),
        page=lambda settings: settings.flower_url,
    ),
)

PART_NAMES = tuple(part.name for part in PARTS)
