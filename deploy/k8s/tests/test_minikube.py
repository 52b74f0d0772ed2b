"""The script for a local cluster, over stand-ins for the tools it calls: what it makes fits what it applies."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from built import K8S, Built

STAND_IN = Path(__file__).parent / "support/stand_in.py"
TOOLS = ("kubectl", "minikube", "docker", "python3")
pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="the address is another one elsewhere")


@dataclass(frozen=True)
class Cluster:
    """A checkout whose tools are stand-ins."""

    root: Path

    def up(self, **environment: str) -> str:
        variables = {"STAND_IN_STATE": str(self.root), "KUBECTL": str(shutil.which("kubectl")), **environment}
        variables |= {"PATH": f"{self.root / 'bin'}:{os.environ['PATH']}"}
        done = subprocess.run(  # noqa: S603 - our own script
            [str(self.root / "deploy/k8s/minikube")],
            env=variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def log(self) -> list[str]:
        return (self.root / "log").read_text().splitlines()

    @property
    def secrets(self) -> dict[str, dict[str, str]]:
        return {path.name[len("secret-") :]: json.loads(path.read_text()) for path in self.root.glob("secret-*")}

    @property
    def applied(self) -> Built:
        return Built(list(yaml.safe_load_all((self.root / "applied.yaml").read_text())))


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    shutil.copytree(K8S, tmp_path / "deploy/k8s", ignore=shutil.ignore_patterns("tests", ".local"))
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        script = tmp_path / "bin" / tool
        # Without what the environment adds at each start, which takes longer than all the rest.
        script.write_text(f"#!{sys.executable} -IS\n" + STAND_IN.read_text())
        script.chmod(0o755)
    return Cluster(tmp_path)


@pytest.mark.slow
def test_every_secret_that_is_read_was_made(cluster: Cluster) -> None:
    cluster.up(AIRFLOW="1")
    made = {(name, key) for name, content in cluster.secrets.items() for key in content}
    assert set(cluster.applied.secrets()) <= made


@pytest.mark.slow
def test_secrets_fit_each_other(cluster: Cluster) -> None:
    cluster.up()
    secrets = cluster.secrets
    password = secrets["meadow-redis"]["password"]
    assert secrets["meadow-redis"]["url"] == f"redis://:{password}@redis:6379/0"
    assert secrets["meadow-redis"]["auth.conf"] == f"requirepass {password}"
    assert f":{secrets['meadow-postgres']['password']}@postgres:5432/" in secrets["meadow-mlflow"]["backend-store-uri"]
    hashes = dict(pair.split(":") for pair in secrets["meadow-api-keys"]["hashes"].split(",") if pair)
    for name in ("ui", "client", "airflow"):
        assert hashes[name] == hashlib.sha256(secrets[f"meadow-{name}"]["api-key"].encode()).hexdigest()


@pytest.mark.slow
def test_again_changes_no_secret_and_loads_no_image(cluster: Cluster) -> None:
    cluster.up()
    before, calls = cluster.secrets, len(cluster.log)
    cluster.up(IMAGES="loaded")
    assert cluster.secrets == before
    again = cluster.log[calls:]
    assert not [line for line in again if " start " in line or "bake" in line or "image load" in line]
    assert [line for line in again if "delete job" in line], "a Job cannot be applied over another one"


@pytest.mark.slow
def test_what_only_the_machine_knows_is_applied(cluster: Cluster) -> None:
    said = cluster.up()
    assert "http://192.168.49.2/docs" in said
    [settings] = [body for body in cluster.applied.of("ConfigMap") if "MEADOW_HOME" in body["data"]]
    assert settings["data"]["MEADOW_S3_PUBLIC_ENDPOINT_URL"] == "http://192.168.49.2"
    images = {one["image"] for workload in cluster.applied.workloads for one in workload.containers}
    assert "meadow-api:local-0123456789ab" in images
    assert not [image for image in images if image.endswith(":local")], "each is named by its content"
    [smoke] = [line for line in cluster.log if "smoke-test" in line]
    assert smoke == "python3 deploy/k8s/smoke-test http://192.168.49.2 --pages --train demo"


def test_it_stops_where_an_image_is_missing(cluster: Cluster) -> None:
    (cluster.root / "bin/docker").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(AssertionError, match="Docker has no image meadow-api:local"):
        cluster.up(IMAGES="loaded")
    assert not (cluster.root / "applied.yaml").exists()
