"""Names that are spelled here and elsewhere: settings, ports, addresses, images, commands."""

import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from pydantic import SecretStr

from built import K8S, Built, Workload
from meadow_core.settings import Settings
from meadow_local.mlflow_server import server_environment
from meadow_local.redis_conf import render_redis_conf
from meadow_local.settings import LocalSettings

ROOT = K8S.parents[1]
PREFIX = "MEADOW_"


def unknown_settings(built: Built) -> set[str]:
    """Variables that look like settings, and are none."""
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    used = {name for one in built.workloads for container in one.containers for name in built.environment(container)}
    return {name for name in used if name.startswith(PREFIX)} - known


def test_every_setting_exists(built: Built) -> None:
    assert unknown_settings(built) == set()


def test_a_setting_that_is_renamed_on_one_side_is_noticed(built: Built) -> None:
    container = {"name": "one", "env": [{"name": "MEADOW_REDIS_ADDRESS", "value": ""}]}
    template = {"metadata": {"labels": {}}, "spec": {"containers": [container]}}
    body = {"kind": "Deployment", "metadata": {"name": "one"}, "spec": {"template": template}}
    assert unknown_settings(Built([*built.bodies, body])) == {"MEADOW_REDIS_ADDRESS"}


def test_every_key_of_a_config_map_is_there(built: Built) -> None:
    maps = built.named("ConfigMap")
    for workload in built.workloads:
        for container in workload.containers:
            for variable in container.get("env", []):
                reference = variable.get("valueFrom", {}).get("configMapKeyRef")
                if reference:
                    assert reference["key"] in maps[reference["name"]]["data"], variable["name"]


@pytest.mark.parametrize(
    ("name", "port", "setting"),
    [
        ("api", "http", "api_port"),
        ("worker", "metrics", "worker_metrics_port"),
        ("ui", "http", "ui_port"),
        ("flower", "http", "flower_port"),
    ],
)
def test_ports_are_the_settings_defaults(built: Built, name: str, port: str, setting: str) -> None:
    [workload] = [one for one in built.workloads if one.name == name]
    assert workload.ports[port] == Settings.model_fields[setting].default


def test_what_listens_listens_beyond_the_pod(built: Built) -> None:
    for workload in built.workloads:
        if workload.name in ("api", "worker", "worker-gpu", "ui"):
            environment = built.environment(workload.containers[0])
            setting = {"api": "API_HOST", "ui": "UI_HOST"}.get(workload.name, "WORKER_METRICS_HOST")
            assert environment[PREFIX + setting]["value"] == "0.0.0.0"  # noqa: S104 - within a pod


def test_addresses_lead_to_services(built: Built) -> None:
    services = built.named("Service")
    for settings in (body for name, body in built.named("ConfigMap").items() if name.startswith("meadow-settings-")):
        for variable in ("MEADOW_API_URL", "MEADOW_MLFLOW_TRACKING_URI", "MEADOW_S3_ENDPOINT_URL"):
            address = urlsplit(settings["data"][variable])
            if address.hostname and "." in address.hostname:
                continue  # a store of one's own, somewhere else
            ports = [port["port"] for port in services[str(address.hostname)]["spec"]["ports"]]
            assert address.port in ports, variable


def test_mlflow_lets_the_services_in(built: Built) -> None:
    [settings] = [body for name, body in built.named("ConfigMap").items() if name.startswith("meadow-settings-")]
    [mlflow] = [one for one in built.workloads if one.name == "mlflow"]
    allowed = built.environment(mlflow.containers[0])["MLFLOW_SERVER_ALLOWED_HOSTS"]["value"].split(",")
    assert urlsplit(settings["data"]["MEADOW_MLFLOW_TRACKING_URI"]).netloc in allowed


def test_mlflow_has_the_environment_of_the_embedded_one(built: Built, tmp_path: Path) -> None:
    local = LocalSettings.model_validate({"home": tmp_path})
    [mlflow] = [one for one in built.workloads if one.name == "mlflow"]
    ours = built.environment(mlflow.containers[0])
    assert set(server_environment(local)) <= set(ours)
    for name in ("MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE", "AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_DEFAULT_REGION"):
        assert ours[name]["value"] == server_environment(local)[name]
    assert ours["MLFLOW_ARTIFACTS_DESTINATION"]["value"] == f"s3://{local.models_bucket}"


def test_redis_keeps_what_the_embedded_one_keeps(tmp_path: Path) -> None:
    local = LocalSettings.model_validate({"home": tmp_path, "redis_password": SecretStr("secret")})
    embedded = dict(line.split(" ", 1) for line in render_redis_conf(local).splitlines())
    lines = (K8S / "overlays/minikube/stores/redis.conf").read_text().splitlines()
    ours = dict(line.split(" ", 1) for line in lines if not line.startswith("#"))
    for key in ("appendonly", "appendfsync", "auto-aof-rewrite-min-size", "save", "maxmemory-policy"):
        assert ours[key] == embedded[key], key


def test_uploads_go_to_the_bucket_of_jobs(built: Built) -> None:
    paths = [
        path["path"]
        for ingress in built.of("Ingress")
        if ingress["metadata"]["name"] == "uploads"
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]
    assert set(paths) <= {"/" + Settings.model_fields["jobs_bucket"].default}


def test_the_services_run_their_own_commands(built: Built) -> None:
    scripts = {
        name
        for path in ROOT.glob("services/*/pyproject.toml")
        for name in tomllib.loads(path.read_text())["project"].get("scripts", {})
    }
    for workload in built.workloads:
        command = workload.pod["containers"][0].get("command", [""])[0]
        if command.startswith("meadow-"):
            assert command in scripts
            assert re.sub("-(cpu|gpu)$", "", short_image(workload)) == command


def test_every_image_of_ours_is_built_by_continuous_integration(built: Built) -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/images.yml").read_text())
    matrix = workflow["jobs"]["build"]["strategy"]["matrix"]["include"]
    ours = {short_image(one) for one in built.workloads if short_image(one).startswith("meadow-")}
    assert ours <= {entry["image"] for entry in matrix}


def short_image(workload: Workload) -> str:
    """The image's name without registry and version."""
    image: str = workload.pod["containers"][0]["image"]
    return re.split("[:@]", image.rpartition("/")[2])[0]


@pytest.mark.parametrize("place", ["deploy/k8s/make-secrets", "docs/deploy-kubernetes.md"])
def test_every_secret_is_made_by_the_script_and_in_the_guide(built: Built, place: str) -> None:
    text = (ROOT / place).read_text()
    for name, key in set(built.secrets()):
        assert name in text, f"{name} is not in {place}"
        assert re.search(rf"--from-(literal|file)=\"?{re.escape(key)}=", text), f"{name}: {key} is not in {place}"
