"""The workflows: what the linters do not ask for."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from built import K8S

GITHUB = K8S.parents[1] / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$")


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())["jobs"]
    return found


def images() -> list[dict[str, str]]:
    found: list[dict[str, str]] = jobs(GITHUB / "workflows/images.yml")["build"]["strategy"]["matrix"]["include"]
    return found


@pytest.mark.parametrize("path", [*WORKFLOWS, GITHUB / "actions/setup/action.yml"], ids=lambda path: path.name)
def test_actions_of_others_are_pinned_with_their_version(path: Path) -> None:
    for line in path.read_text().splitlines():
        if re.match(r"\s*(- )?uses: [^.]", line):
            assert PINNED.search(line), line


def test_an_action_has_one_version_everywhere() -> None:
    text = "".join(path.read_text() for path in GITHUB.rglob("*.yml"))
    pins = set(re.findall(r"uses: ([\w./-]+)@([0-9a-f]{40})", text))
    assert len(pins) == len({name for name, _ in pins})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_have_bounds(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {}, "each job says what it needs"
    assert "group" in workflow["concurrency"]
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"], name
        assert job["permissions"], name
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


def test_a_release_has_every_image() -> None:
    released = jobs(GITHUB / "workflows/release.yml")["images"]["strategy"]["matrix"]["image"]
    assert released == [entry["image"] for entry in images()]


def test_images_are_named_by_what_is_built() -> None:
    for entry in images():
        assert entry["image"] == f"meadow-{entry['target']}"


BAKE_FILE = K8S.parents[1] / "deploy/images/bake.hcl"


@pytest.mark.skipif(not BAKE_FILE.exists(), reason="images are not described yet")
def test_every_image_that_can_be_built_is_built() -> None:
    text = BAKE_FILE.read_text()
    [matrix] = re.findall(r"matrix += \{ name = \[(.*?)\] \}", text)
    targets = {*re.findall(r'"([\w-]+)"', matrix), *re.findall(r'^target "([\w-]+)"', text, re.MULTILINE)}
    assert targets - {"common", "image"} == {entry["target"] for entry in images()}


def test_the_local_cluster_gets_images_that_are_built() -> None:
    script = (K8S / "minikube").read_text()
    [first] = re.findall(r"^images=\((.*)\)$", script, re.MULTILINE)
    [more] = re.findall(r"^ +images\+=\((.*)\)$", script, re.MULTILINE)
    assert {*first.split(), *more.split()} <= {entry["target"] for entry in images()}


def test_continuous_integration_runs_what_people_run() -> None:
    ran = {step["run"] for job in jobs(GITHUB / "workflows/ci.yml").values() for step in job["steps"] if "run" in step}
    # What is installed first is what people install, too: the system's packages.
    assert {one for one in ran if "apt-get install" not in one} == {"make check", "make test", "make test-unit"}
