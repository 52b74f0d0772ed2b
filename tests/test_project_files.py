"""Licence, contributing guide, security policy and changelog name only what exists."""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from meadow_core.commands.settings import variable
from meadow_core.settings import Settings

ROOT = Path(__file__).parents[1]
APACHE_2_SHA256 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""Of the text as the Apache Software Foundation publishes it."""

NEW_HERE = [ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]
README = ROOT / "README.md"
PAGES = [README, *NEW_HERE, *sorted((ROOT / "docs").rglob("*.md"))]
PROJECTS = [path for path in ROOT.glob("**/pyproject.toml") if ".venv" not in path.parts]

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")
COMMAND = re.compile(r"^\$ (.+)$", re.MULTILINE)
TARGETS = set(re.findall(r"^([a-z][a-z-]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))

by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def anchors(page: Path) -> set[str]:
    """The fragments that GitHub gives a page's headings."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(page: Path) -> str:
    """Everything of a page that is typed: code in lines, and lines of consoles."""
    text = page.read_text()
    return "\n".join([*CODE.findall(text), *COMMAND.findall(text)])


@by_page
def test_links_between_pages_resolve(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        if "://" in link:
            continue
        place, _, fragment = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), link
        assert not fragment or fragment in anchors(target), link


@by_page
def test_make_targets_exist(page: Path) -> None:
    assert set(MAKE.findall(commands(page))) <= TARGETS


@pytest.mark.parametrize("page", NEW_HERE, ids=lambda page: page.name)
def test_named_files_exist(page: Path) -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    named = [word for code in CODE.findall(page.read_text()) for word in code.split() if word.split("/")[0] in folders]
    paths = [word for word in named if not word.startswith(".venv/")]
    assert paths or page.name != "CONTRIBUTING.md"
    for path in paths:
        assert (ROOT / path).exists(), path


def test_named_settings_exist() -> None:
    named = set(re.findall(r"\bMEADOW_[A-Z_]+[A-Z]\b", (ROOT / "SECURITY.md").read_text()))
    assert named
    assert named <= {variable(name) for name in Settings.model_fields}


def test_the_readme_links_to_the_project_files() -> None:
    assert {"LICENSE", *(page.name for page in NEW_HERE)} <= set(LINK.findall(README.read_text()))


def test_the_changelog_has_an_unreleased_section_first() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "[Unreleased]"


def test_the_licence_is_the_standard_text() -> None:
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2_SHA256


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_project_states_the_licence(path: Path) -> None:
    assert tomllib.loads(path.read_text())["project"]["license"] == "Apache-2.0"


def test_pre_commit_and_continuous_integration_run_make_targets() -> None:
    hooks = [
        hook
        for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
        for hook in repository["hooks"]
    ]
    assert [hook["entry"] for hook in hooks] == ["make check"]
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if step.get("run", "").startswith("make ")]
    assert "make check" in runs
    assert {run.removeprefix("make ") for run in runs} <= TARGETS
