"""What Prometheus is told: JSON, which is YAML, too. The jobs are called as everywhere else (monitoring/prometheus)."""

import json
from pathlib import Path

from meadow_local.errors import StackError
from meadow_local.settings import LOOPBACK, LocalSettings

SCRAPE_SECONDS = 5
"""Shorter than elsewhere: people look at it while they try something."""


def prometheus_config(settings: LocalSettings, rules: Path) -> dict[str, object]:
    """Scrape every part of the stack that counts, and watch the rules."""
    targets = {
        "gateway": settings.api_port,
        "worker": settings.worker_metrics_port,
        "trainer": settings.trainer_metrics_port,
        "flower": settings.flower_port,
        "prometheus": settings.monitoring_port,
    }
    every = f"{SCRAPE_SECONDS}s"
    return {
        "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
        "rule_files": [str(rules / "*.yml")],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [f"{LOOPBACK}:{port}"]}]} for job, port in targets.items()
        ],
    }


def write_config(settings: LocalSettings) -> None:
    """Write it where `prometheus_command` reads it."""
    settings.monitoring_folder.mkdir(exist_ok=True)
    settings.monitoring_config.write_text(json.dumps(prometheus_config(settings, rules_folder()), indent=2) + "\n")


def rules_folder(start: Path = Path(__file__)) -> Path:
    """Find the rules above this file, which an editable installation leaves in the checkout.

    Raises:
        StackError: This is no checkout.
    """
    for folder in start.parents:
        rules = folder / "monitoring" / "rules"
        if rules.is_dir():
            return rules
    raise StackError(f"Monitoring needs Meadow's checkout: there is no monitoring/rules above {start.parent}.")
