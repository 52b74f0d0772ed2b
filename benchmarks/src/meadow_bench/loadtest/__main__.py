"""`python -m meadow_bench.loadtest STAGE ...`: put a stack of its own under load, and write down what happened."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from meadow_bench.errors import BenchmarkError
from meadow_bench.loadtest.cost import measure_cost, measure_scrapes
from meadow_bench.loadtest.findings import read_findings
from meadow_bench.loadtest.page import COST, put_section, render_cost, render_section
from meadow_bench.loadtest.stages import STAGES, Stage
from meadow_bench.machine import busy_share, describe_machine
from meadow_bench.model import SMALL, train_and_register
from meadow_bench.pictures import THUMBNAILS, folder_of
from meadow_bench.places import BENCHMARKS, DATA
from meadow_bench.stack import MeasuredStack, measured_stack
from meadow_local.interrupts import as_keyboard_interrupt

PAGE = BENCHMARKS / "RESULTS-load.md"
LOCUSTFILE = BENCHMARKS / "locustfile.py"
USUAL = ("smoke", "load", "spike", "limit")
COST_IMAGES = 64
SPARE_SECONDS = 120
FACTS = ("Processor", "Memory", "Python", "Commit", "Date")


def load(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Any of {', '.join(STAGES)}, {COST}; {', '.join(USUAL)} when left out.")
    ] = None,
) -> None:
    """Run load tests on a stack that is started for them; exit with 1 when a limit is broken."""
    wanted = tuple(names or (*USUAL, COST))
    unknown = sorted(set(wanted) - set(STAGES) - {COST})
    if unknown:
        raise typer.BadParameter(f"There is no {', '.join(unknown)}. Choose from {', '.join((*STAGES, COST))}.")
    console = Console(width=None if sys.stdout.isatty() else 140)
    with as_keyboard_interrupt():
        raise typer.Exit(_load(console, wanted))


def _load(console: Console, wanted: tuple[str, ...]) -> int:
    DATA.mkdir(exist_ok=True)
    busy = busy_share()
    facts = {name: value for name, value in describe_machine().items() if name in FACTS}
    facts["Busy before"] = f"{busy:.0%} of all cores"
    failed = 0
    console.print("starting a stack, and training a small model ...", style="dim")
    with measured_stack(DATA) as stack:
        stack.promote(train_and_register(stack.settings, SMALL, stack.settings.home / "bench" / "small"))
        for name in wanted:
            section, fell = _cost(stack, facts) if name == COST else _stage(console, stack, STAGES[name], facts)
            console.print(section, markup=False, highlight=False)
            put_section(PAGE, name, section)
            failed = max(failed, fell)
    console.print(f"Written to {PAGE}.")
    return failed


def _stage(console: Console, stack: MeasuredStack, stage: Stage, facts: dict[str, str]) -> tuple[str, int]:
    console.print(f"{stage.name}: {stage.about} ({stage.seconds} s at most) ...", style="dim")
    findings, html = DATA / f"load-{stage.name}.json", DATA / f"load-{stage.name}.html"
    findings.unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary",
        "--host", stack.url, "--html", str(html), "--loglevel", "ERROR",
    ]  # fmt: skip
    environment = os.environ | {
        "MEADOW_LOAD_STAGE": stage.name,
        "MEADOW_LOAD_FINDINGS": str(findings),
        "MEADOW_API_KEY": stack.settings.api_key.get_secret_value(),
    }
    with (DATA / f"load-{stage.name}.log").open("w") as log:
        run = subprocess.run(  # noqa: S603 - our own command
            command, env=environment, check=False, stdout=log, stderr=log, timeout=stage.seconds + SPARE_SECONDS
        )
    if not findings.is_file():
        raise BenchmarkError(f"Locust saw nothing; see {_relative(Path(log.name))}.")
    steps = read_findings(findings)
    return render_section(stage, steps, facts | {"Report": _relative(html)}), run.returncode


def _cost(stack: MeasuredStack, facts: dict[str, str]) -> tuple[str, int]:
    folder = folder_of(THUMBNAILS, COST_IMAGES, DATA)
    scrapes = measure_scrapes(stack)
    costs = measure_cost(stack, [path.read_bytes() for path in sorted(folder.iterdir())])
    section = render_cost(costs, scrapes, facts)
    return section, 0


def _relative(path: Path) -> str:
    return str(path.relative_to(BENCHMARKS.parent))


if __name__ == "__main__":
    typer.run(load)
