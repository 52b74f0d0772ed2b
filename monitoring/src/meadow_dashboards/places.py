"""Which dashboards there are, and where they are written to."""

import json
from pathlib import Path

from meadow_dashboards.boards.gateway import GATEWAY
from meadow_dashboards.boards.overview import OVERVIEW
from meadow_dashboards.boards.quality import QUALITY
from meadow_dashboards.boards.queues_and_workers import QUEUES_AND_WORKERS
from meadow_dashboards.boards.training import TRAINING
from meadow_dashboards.model import Dashboard

DASHBOARDS: tuple[Dashboard, ...] = (OVERVIEW, QUEUES_AND_WORKERS, GATEWAY, QUALITY, TRAINING)
FOLDER = Path(__file__).parents[2] / "grafana" / "dashboards"


def file_of(dashboard: Dashboard) -> Path:
    """Where Grafana finds it."""
    return FOLDER / f"{dashboard.uid}.json"


def text_of(dashboard: Dashboard) -> str:
    """What the file holds."""
    return json.dumps(dashboard.render(), indent=2) + "\n"
