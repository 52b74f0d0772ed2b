"""The processes that watch the others."""

from meadow_local.checks import Target, expect_ok
from meadow_local.monitoring.binary import prometheus_server
from meadow_local.monitoring.config import write_config
from meadow_local.parts import Part
from meadow_local.settings import LOOPBACK, LocalSettings

GROUP = "monitoring"


def prometheus_command(settings: LocalSettings) -> list[str]:
    """Its command line."""
    return [
        prometheus_server(),
        f"--config.file={settings.monitoring_config}",
        f"--storage.tsdb.path={settings.monitoring_folder / 'data'}",
        f"--storage.tsdb.retention.time={settings.monitoring_days}d",
        f"--web.listen-address={LOOPBACK}:{settings.monitoring_port}",
        "--log.level=warn",
    ]


def prometheus_is_ready(target: Target) -> None:
    """Prometheus says so."""
    expect_ok(f"{target.settings.monitoring_url}/-/ready")


def welcome(settings: LocalSettings) -> str:
    """Where to look; said once, when Prometheus is new to the stack."""
    return f"Alerts are at {settings.monitoring_url}/alerts; docs/monitoring.md says what is counted."


MONITORING_PARTS: tuple[Part, ...] = (
    Part(
        name="prometheus",
        about="metrics and alerts",
        group=GROUP,
        command=prometheus_command,
        ready=prometheus_is_ready,
        ports=("monitoring_port",),
        page=lambda settings: settings.monitoring_url,
        prepare=write_config,
        steady_seconds=2,
    ),
)
