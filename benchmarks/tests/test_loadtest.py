from dataclasses import replace
from pathlib import Path

import pytest

from meadow_bench.loadtest.cost import Cost, ScrapeCost
from meadow_bench.loadtest.findings import ANSWER, REFUSED, Line, StepFindings, read_findings, write_findings
from meadow_bench.loadtest.page import COST, put_section, render_cost, render_section
from meadow_bench.loadtest.stages import STAGES, Limits

SUBMIT = Line("submit", requests=100, failures=0, per_second=10, p50=0.01, p95=0.02, p99=0.03)
DONE = replace(SUBMIT, name=ANSWER, p95=0.3)
GOOD = StepFindings(8, [SUBMIT, DONE])


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (GOOD, []),
        (StepFindings(8, [replace(SUBMIT, failures=1), DONE]), ["requests that fail: 1.00%, at most 0%"]),
        (
            StepFindings(8, [SUBMIT, DONE, replace(SUBMIT, name=REFUSED, requests=5)]),
            ["requests that are refused: 5.00%, at most 0%"],
        ),
        (StepFindings(8, [SUBMIT, replace(DONE, p95=3.0)]), ["submit to answer, p95: 3.00 s, at most 2 s"]),
        (
            StepFindings(8, [SUBMIT, DONE, replace(SUBMIT, name="read jobs", p95=0.7)]),
            ["read jobs, p95: 0.70 s, at most 0.5 s"],
        ),
        (StepFindings(8, [SUBMIT]), ["no job was answered"]),
        (StepFindings(8, []), ["nothing was sent"]),
    ],
    ids=["good", "failed", "refused", "slow answers", "slow pages", "no answers", "nothing"],
)
def test_what_is_too_much_is_said(step: StepFindings, words: list[str]) -> None:
    assert step.broken(Limits()) == words


def test_steps_follow_each_other() -> None:
    spike = STAGES["spike"]
    assert [spike.step_at(seconds) for seconds in (0, 19.9, 20, 39, 41, 70)] == [0, 0, 1, 1, 2, None]


def test_findings_survive_a_file(tmp_path: Path) -> None:
    write_findings(tmp_path / "found.json", [GOOD])
    assert read_findings(tmp_path / "found.json") == [GOOD]


def test_the_cost_of_being_watched_is_told_by_interval_and_by_part() -> None:
    costs = [Cost(interval=15.0, plain=200.0, watched=190.0, ratio=0.95)]
    scrapes = [ScrapeCost("api", size=36_000, seconds=0.0043, cpu_seconds=0.004)]
    section = render_cost(costs, scrapes, {"Date": "monday"})
    assert section.startswith(f"## {COST}\n")
    assert "Date: monday" in section
    assert "| 15 s | 190.0 | 200.0 | 0.950 |" in section
    assert "| api | 36 | 4.3 | 4.0 |" in section


def test_a_section_replaces_itself_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    put_section(page, "smoke", render_section(STAGES["smoke"], [GOOD], {"Date": "monday"}))
    put_section(page, "limit", render_section(STAGES["limit"], [StepFindings(64, [replace(SUBMIT, failures=3)])], {}))
    put_section(page, "smoke", render_section(STAGES["smoke"], [GOOD], {"Date": "tuesday"}))
    text = page.read_text()
    assert text.startswith("# Load tests")
    assert text.count("## smoke") == text.count("## limit") == 1
    assert "tuesday" in text
    assert "monday" not in text
    assert "Every limit is kept" in text
    assert "What broke first, with 64 users: requests that fail: 3.00%" in text
