"""Compose, the settings, the images and the documentation name the same things."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from pydantic import SecretStr

import compose_files
from compose_files import ROOT
from meadow_core.commands.settings import variable
from meadow_core.settings import Settings
from meadow_local.redis_conf import render_redis_conf
from meadow_local.settings import LocalSettings

SETTINGS = {variable(name): field for name, field in Settings.model_fields.items()}
DOCKERFILE = (ROOT / "deploy/images/Dockerfile").read_text()
PAGE = (ROOT / "docs/deploy-compose.md").read_text()

OWN_FILES = (
    *compose_files.FILES,
    compose_files.SAMPLE,
    ROOT / "deploy/images/Dockerfile",
    ROOT / "deploy/images/bake.hcl",
)
SERVICES = compose_files.services()
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("meadow-")}


def default(name: str) -> str:
    return str(SETTINGS[name].default)


def inner_ports(service: str) -> list[int]:
    return [int(port.rsplit(":", 1)[1]) for port in SERVICES[service]["ports"]]


@pytest.mark.parametrize("file", OWN_FILES, ids=lambda file: file.name)
def test_every_variable_of_meadow_s_is_a_setting(file: Path) -> None:
    named = set(re.findall(r"(?<![A-Z_])MEADOW_[A-Z0-9_]+", file.read_text()))
    assert named <= set(SETTINGS), named - set(SETTINGS)


@pytest.mark.parametrize(
    ("service", "setting"), [("gateway", "MEADOW_API_PORT"), ("ui", "MEADOW_UI_PORT"), ("flower", "MEADOW_FLOWER_PORT")]
)
def test_a_service_listens_where_its_setting_says(service: str, setting: str) -> None:
    port = int(default(setting))
    assert inner_ports(service) == [port]
    environment = SERVICES[service]["environment"]
    for name in (setting, setting.removeprefix("MEADOW_")):
        assert environment.get(name, str(port)) == str(port)
    assert compose_files.sample()[setting] == str(port)
    target = SERVICES[service]["build"]["target"]
    stage = DOCKERFILE.split(f"FROM base AS {target}\n")[1].split("\nFROM ")[0]
    assert f"EXPOSE {port}\n" in stage
    # The pages' check takes the port from the setting.
    assert f"127.0.0.1:{port}/" in stage or "meadow_ui.health" in stage


def test_the_addresses_that_services_meet_under_are_those_of_services() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            parts = urlsplit(str(value))
            if parts.scheme not in ("http", "redis", "postgresql+psycopg") or "127.0.0.1" in value:
                continue
            assert parts.hostname in SERVICES, (name, value)
    assert urlsplit(SERVICES["ui"]["environment"]["MEADOW_API_URL"]).port == int(default("MEADOW_API_PORT"))
    assert urlsplit(SERVICES["worker"]["environment"]["MEADOW_MLFLOW_TRACKING_URI"]).port in inner_ports("mlflow")
    assert urlsplit(SERVICES["worker"]["environment"]["MEADOW_S3_ENDPOINT_URL"]).port in inner_ports("minio")


def test_prometheus_scrapes_services_where_they_listen() -> None:
    jobs = yaml.safe_load((ROOT / "monitoring/prometheus/prometheus.yml").read_text())["scrape_configs"]
    targets = {target for job in jobs for config in job.get("static_configs", []) for target in config["targets"]} - {
        "127.0.0.1:9090"
    }
    for target in targets:
        assert target.partition(":")[0] in SERVICES, target
    assert f"gateway:{default('MEADOW_API_PORT')}" in targets
    assert f"flower:{default('MEADOW_FLOWER_PORT')}" in targets
    workers = next(job for job in jobs if job["job_name"] == "worker")["dns_sd_configs"][0]
    assert workers["port"] == int(default("MEADOW_WORKER_METRICS_PORT"))
    assert set(workers["names"]) <= set(SERVICES)


def test_the_dags_run_from_the_start_or_not_as_in_the_embedded_stack() -> None:
    paused = re.search(r"DAGS_ARE_PAUSED_AT_CREATION=(\w+)", DOCKERFILE)
    assert paused
    assert paused[1] == str(LocalSettings.model_fields["airflow_dags_paused"].default)


def test_redis_keeps_what_the_embedded_one_keeps(tmp_path: Path) -> None:
    local = LocalSettings.model_validate({"home": tmp_path, "redis_password": SecretStr("secret")})
    embedded = dict(line.split(" ", 1) for line in render_redis_conf(local).splitlines())
    lines = (ROOT / "deploy/compose/config/redis.conf").read_text().splitlines()
    ours = dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))
    for key in ("appendonly", "appendfsync", "auto-aof-rewrite-min-size", "save", "maxmemory-policy"):
        assert ours[key] == embedded[key], key


def test_the_buckets_are_those_of_the_settings() -> None:
    for service in ("buckets", "gateway", "worker", "trainer"):
        environment = SERVICES[service]["environment"]
        for name in ("MEADOW_IMAGES_BUCKET", "MEADOW_MODELS_BUCKET", "MEADOW_JOBS_BUCKET"):
            assert environment[name] == default(name)
    destination = SERVICES["mlflow"]["environment"]["MLFLOW_ARTIFACTS_DESTINATION"]
    assert destination == f"s3://{default('MEADOW_MODELS_BUCKET')}"


def test_a_default_is_the_same_wherever_it_stands() -> None:
    sample = compose_files.sample()
    for name, uses in compose_files.variables().items():
        defaults = {rest for operator, rest in uses if operator == ":-"}
        assert len(defaults) <= 1, (name, defaults)
        if name in sample and defaults:
            assert defaults == {sample[name]}, name


def test_no_secret_has_a_default_and_none_may_be_empty() -> None:
    uses = compose_files.variables()
    for name in (name for name in uses if re.search(r"PASSWORD|SECRET|FERNET|API_KEY|ACCESS_KEY", name)):
        if name != "MEADOW_WEBHOOK_SECRET":  # without one, there are no webhooks
            assert uses[name] == {(":?", "run ./make-env")}, name


def test_the_images_are_those_that_are_built() -> None:
    baked = re.findall(r'tags\s+= \["\$\{IMAGE_PREFIX\}([a-z-]+):', (ROOT / "deploy/images/bake.hcl").read_text())
    matrix = re.search(r"matrix += \{ name = \[([^]]+)\]", (ROOT / "deploy/images/bake.hcl").read_text())
    assert matrix
    names = {*baked, *re.findall(r'"([a-z-]+)"', matrix[1])}
    assert {service["image"] for service in OURS.values()} == {f"meadow-{name}:latest" for name in names}
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))
    assert {service["build"]["target"] for service in OURS.values()} <= stages


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_more_rights_than_it_needs_and_an_end(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert "privileged" not in service
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", OURS)
def test_our_own_write_to_their_home_alone(name: str) -> None:
    assert OURS[name]["read_only"] is True
    assert OURS[name]["logging"]["options"]["max-file"]


@pytest.mark.parametrize("image", ["api", "ui", "worker-cpu", "flower", "mlflow"])
def test_what_needs_no_torch_has_none(image: str) -> None:
    lock = (ROOT / f"requirements/{image}.txt").read_text()
    assert "==" in lock
    assert not re.search(r"^(torch|torchvision|triton|nvidia-[a-z0-9-]+)==", lock, re.MULTILINE)


def test_the_page_names_every_service_and_every_setting() -> None:
    for name in SERVICES:
        assert f"`{name}`" in PAGE, name
    for name in compose_files.sample():
        assert f"`{name}`" in PAGE, name
    for name in compose_files.variables():
        assert f"`{name}`" in PAGE, name
