"""The page of load tests: one section a stage, each replaced by its next run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from meadow_bench.loadtest.cost import Cost, ScrapeCost
from meadow_bench.loadtest.findings import StepFindings
from meadow_bench.loadtest.stages import Stage

TITLE = """\
# Load tests: results

Each section is written by `make load`, which starts a stack of its own. Users and stack share the machine, so the
numbers say how the system behaves when there is too much to do, not how fast it is: that is in
[RESULTS.md](RESULTS.md).
"""
COST = "cost"
COST_ABOUT = (
    "What being watched costs: answers a second while the gateway, the worker, the trainer and Flower are scraped, "
    "against no scrapes at all, in turns; and what one scrape takes of each, with nothing else to do."
)
COST_COLUMNS = ("Scraped every", "Answers a second", "Without", "Ratio")
SCRAPE_COLUMNS = ("Part", "Kilobytes a scrape", "ms", "ms of CPU")
MILLISECONDS = 1000
COLUMNS = ("Users", "Request", "Count", "Failed", "A second", "p50, s", "p95, s", "p99, s")


def render_section(stage: Stage, steps: Sequence[StepFindings], facts: Mapping[str, str]) -> str:
    """Write a stage's section."""
    broken = [(step.users, words) for step in steps for words in step.broken(stage.limits)]
    lines = [f"## {stage.name}", "", f"{stage.about}. {_verdict(stage, broken)}", "", *_facts(facts)]
    lines += ["", *_head(COLUMNS)]
    for step in steps:
        for line in sorted(step.lines, key=lambda line: line.name):
            times = (f"{seconds:.3f}" for seconds in (line.p50, line.p95, line.p99))
            cells = (
                str(step.users),
                line.name,
                str(line.requests),
                str(line.failures),
                f"{line.per_second:.1f}",
                *times,
            )
            lines.append(_row(cells))
    return "\n".join(lines) + "\n"


def render_cost(costs: Sequence[Cost], scrapes: Sequence[ScrapeCost], facts: Mapping[str, str]) -> str:
    """Write what being watched costs."""
    lines = [f"## {COST}", "", COST_ABOUT, "", *_facts(facts), "", *_head(COST_COLUMNS)]
    lines += [
        _row((f"{one.interval:g} s", f"{one.watched:.1f}", f"{one.plain:.1f}", f"{one.ratio:.3f}")) for one in costs
    ]
    lines += ["", *_head(SCRAPE_COLUMNS)]
    for scrape in scrapes:
        times = (f"{seconds * MILLISECONDS:.1f}" for seconds in (scrape.seconds, scrape.cpu_seconds))
        lines.append(_row((scrape.part, f"{scrape.size / 1000:.0f}", *times)))
    return "\n".join(lines) + "\n"


def put_section(page: Path, name: str, section: str) -> None:
    """Replace a section of the page, or add it."""
    text = page.read_text(encoding="utf-8") if page.exists() else TITLE
    head, *sections = text.split("\n## ")
    kept = {one.partition("\n")[0]: one for one in sections}
    kept[name] = section.removeprefix("## ").rstrip("\n") + "\n"
    page.write_text("\n## ".join([head, *kept.values()]), encoding="utf-8")


def _facts(facts: Mapping[str, str]) -> list[str]:
    return [f"{name}: {value}  " for name, value in facts.items()]


def _head(columns: Sequence[str]) -> list[str]:
    return [_row(columns), _row(["---"] * len(columns))]


def _verdict(stage: Stage, broken: Sequence[tuple[int, str]]) -> str:
    if not broken:
        return "**Every limit is kept.**"
    users = broken[0][0]
    first = "; ".join(words for at, words in broken if at == users)
    return f"**{'What broke first' if stage.stops_when_broken else 'Broken'}, with {users} users: {first}.**"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
