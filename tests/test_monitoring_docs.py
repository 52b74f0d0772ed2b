"""The page of metrics names what the services count, and nothing else."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = (
    "services/api/src/meadow_api/metrics.py",
    "services/api/src/meadow_api/scrape.py",
    "services/api/src/meadow_api/quality_metrics.py",
    "services/worker/src/meadow_worker/metrics.py",
    "services/worker/src/meadow_worker/exposition.py",
    "services/trainer/src/meadow_trainer/jobs/metrics.py",
    "core/src/meadow_core/host_metrics.py",
)
DEFINED = re.compile(r'(\w+)\(\s*"(meadow_\w+)"')
SHORT = re.compile(r'\("(?!meadow_)(\w+)", "[A-Z][^"]*\.", ')
"""Names that are put together in a loop."""
NAMED = re.compile(r"\bmeadow_[a-z0-9_]+")


def defined() -> set[str]:
    names: set[str] = set()
    for source in SOURCES:
        text = (ROOT / source).read_text()
        names |= {name + ("_total" if kind == "Counter" else "") for kind, name in DEFINED.findall(text)}
        prefix = "meadow_quality_" if "quality" in source else "meadow_"
        names |= {prefix + name for name in SHORT.findall(text)}
    return names


def base(name: str) -> str:
    return re.sub(r"_(bucket|sum|count)$", "", name)


def test_every_metric_is_on_the_page() -> None:
    page = set(NAMED.findall((ROOT / "docs/monitoring.md").read_text()))
    assert len(defined()) > 60
    assert defined() - page == set()
    assert page - defined() == set()


def test_rules_and_dashboards_ask_for_metrics_that_there_are() -> None:
    files = [*(ROOT / "monitoring/rules").glob("*.yml"), *(ROOT / "monitoring/src").rglob("boards/*.py")]
    asked = {base(name) for path in files for name in NAMED.findall(path.read_text())}
    assert {name for name in asked if not name.startswith("meadow_dashboards")} - defined() == set()
