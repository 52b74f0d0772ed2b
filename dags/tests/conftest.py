"""Airflow reads its settings when it is imported: so they are set here, before any test imports it."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOME = tempfile.TemporaryDirectory(prefix="meadow-airflow-")
for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
    del os.environ[name]
os.environ |= {
    "AIRFLOW_HOME": HOME.name,
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    # No test asks for what Airflow keeps there.
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME.name}/unused.db",
}

import pytest  # noqa: E402

from training_gateway import TrainingGateway  # noqa: E402


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[TrainingGateway]:
    """A gateway that the Airflow connection leads to."""
    with TrainingGateway() as running:
        monkeypatch.setenv("AIRFLOW_CONN_MEADOW_API", f"http://127.0.0.1:{running.server_port}")
        yield running
