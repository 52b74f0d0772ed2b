"""Every alert has a runbook that helps, a test in which it fires, and one in which it keeps still."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RULES = ROOT / "monitoring" / "rules"
HEADINGS = ("## Meaning", "## Impact", "## What to look at", "## What to do")


def alerts() -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"] if "alert" in rule]


def outcomes() -> dict[str, set[bool]]:
    """Whether an alert fires, by its name, over all unit tests."""
    found: defaultdict[str, set[bool]] = defaultdict(set)
    for path in (RULES / "tests").glob("*.yml"):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test["alert_rule_test"]:
                found[case["alertname"]].add(bool(case["exp_alerts"]))
    return found


by_name = pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])


@by_name
def test_an_alert_is_tested_both_ways(alert: dict[str, Any]) -> None:
    assert outcomes()[alert["alert"]] == {True, False}


@by_name
def test_an_alert_says_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"warning", "critical"}
    assert alert["annotations"]["summary"].endswith(".")
    runbook = ROOT / alert["annotations"]["runbook_url"]
    text = runbook.read_text()
    assert alert["alert"] in text
    places = [text.index(heading) for heading in HEADINGS]
    assert places == sorted(places)


def test_no_runbook_is_left_over() -> None:
    wanted = {Path(alert["annotations"]["runbook_url"]).name for alert in alerts()}
    assert {path.name for path in (ROOT / "docs" / "runbooks").glob("*.md")} == wanted


def test_names_of_alerts_are_unique() -> None:
    names = [alert["alert"] for alert in alerts()]
    assert len(set(names)) == len(names)
