import json
import subprocess
from pathlib import Path

import pytest

from meadow_local.errors import StackError
from meadow_local.monitoring.binary import prometheus_server, require_prometheus
from meadow_local.monitoring.config import prometheus_config, rules_folder, write_config
from meadow_local.monitoring.parts import MONITORING_PARTS
from meadow_local.settings import LocalSettings
from needs import skip_without_prometheus


def test_a_machine_without_prometheus_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StackError, match="no prometheus on the PATH: install it"):
        require_prometheus(print)
    binary = tmp_path / "prometheus"
    binary.touch(mode=0o755)
    require_prometheus(print)
    assert prometheus_server() == str(binary)


def test_every_part_that_counts_is_scraped_at_its_port(settings: LocalSettings) -> None:
    moved = settings.model_copy(update={"api_port": 8123, "trainer_metrics_port": 9999})
    text = json.dumps(prometheus_config(moved, Path("/rules")))
    for job, port in (("gateway", 8123), ("worker", 9101), ("trainer", 9999), ("flower", 5555), ("prometheus", 9090)):
        assert f'"job_name": "{job}", "static_configs": [{{"targets": ["127.0.0.1:{port}"]}}]' in text
    assert '"rule_files": ["/rules/*.yml"]' in text


def test_a_rule_needs_a_checkout(tmp_path: Path) -> None:
    assert (rules_folder() / "availability.yml").is_file()
    with pytest.raises(StackError, match="needs Meadow's checkout"):
        rules_folder(tmp_path / "config.py")


@skip_without_prometheus
def test_prometheus_accepts_what_it_is_told(settings: LocalSettings) -> None:
    write_config(settings)
    command = ["promtool", "check", "config", str(settings.monitoring_config)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert checked.returncode == 0, checked.stderr
    assert "7 rule files found" in checked.stdout


def test_it_listens_on_loopback_and_has_a_page(settings: LocalSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meadow_local.monitoring.parts.prometheus_server", lambda: "/usr/bin/prometheus")
    [part] = MONITORING_PARTS
    assert f"--web.listen-address=127.0.0.1:{settings.monitoring_port}" in part.command(settings)
    assert part.page is not None
    assert part.page(settings) == f"http://127.0.0.1:{settings.monitoring_port}"
