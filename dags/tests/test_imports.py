"""Of Meadow, Airflow's environment has the client, and nothing else."""

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "dags").glob("*.py"), *(ROOT / "plugins").rglob("*.py")])
OURS = {"meadow", "meadow_airflow"}
MEADOW_CONTENTS = {"meadow", "meadow.client", "meadow.schemas"}
"""What the client is without its extras, which Airflow's environment does not have."""


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module or ""


def test_there_is_something_to_look_at() -> None:
    assert len(SOURCES) > 20
    assert any("meadow.schemas.jobs" in imported(path) for path in SOURCES)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_of_meadow_only_the_client_is_imported(path: Path) -> None:
    ours = {name for name in imported(path) if name.startswith("meadow")}
    assert {name.partition(".")[0] for name in ours} <= OURS
    client = {name for name in ours if name.partition(".")[0] == "meadow"}
    assert {".".join(name.split(".")[:2]) for name in client} <= MEADOW_CONTENTS


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_everything_else_is_airflow_s_or_declared(path: Path) -> None:
    others = {name.partition(".")[0] for name in imported(path)} - OURS - sys.stdlib_module_names
    assert others <= {"airflow", "httpx", "pydantic"}


def test_the_server_library_is_not_installed() -> None:
    assert {one.name for one in distributions() if one.name.startswith("meadow")} == {"meadow"}
    assert find_spec("meadow_core") is None
