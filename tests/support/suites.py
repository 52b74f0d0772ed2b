"""All test suites side by side, each in a process of its own, as services never share one.

Most of them wait for servers much longer than they compute, so more run at a time than there are processors. Those that
wait longest begin first and come first: the others compute in what they leave, or the last of them would run alone. A
suite that passes is one line; of one that fails, all its output is shown. What was skipped is said once, at the end.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LANES = 4
FIRST = {"tests", "tests/test_airflow.py"}
"""Over whole stacks: the longest by far."""
NICENESS = 5
"""Of all others: a third of a processor that one of the first wants, too."""
DAGS = "dags/tests"
# Longest first. The tests over a whole stack are two parts, of which one has Airflow in its stack.
SUITES: dict[str, tuple[str, ...]] = {
    "tests": ("tests", "--ignore=tests/test_airflow.py"),
    "tests/test_airflow.py": ("tests/test_airflow.py",),
    "services/worker/tests": ("services/worker/tests",),
    "services/trainer/tests": ("services/trainer/tests",),
    "services/api/tests": ("services/api/tests",),
    "core/tests": ("core/tests",),
    "client/tests": ("client/tests",),
    "deploy/local/tests": ("deploy/local/tests",),
    "services/ui/tests": ("services/ui/tests",),
    DAGS: (),
    "deploy/k8s/tests": ("deploy/k8s/tests",),
    "monitoring/tests": ("monitoring/tests",),
    "benchmarks/tests": ("benchmarks/tests",),
}
SKIPPED = re.compile(r"^SKIPPED \[(\d+)\] [^ ]+: (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """How a suite went."""

    name: str
    passed: bool
    output: str
    seconds: float
    cpu: float
    """Seconds of processor time of its processes, as far as they have ended before it."""

    @property
    def summary(self) -> str:
        """Pytest's last line, or what there is instead."""
        lines = self.output.strip().splitlines()
        return re.sub(r" in [\d.]+s.*", "", lines[-1].strip("= ")) if lines else "no output"


def run_suite(name: str, options: Sequence[str]) -> Outcome:
    """Run one suite to its end.

    Args:
        name: One of `SUITES`.
        options: For pytest, besides the suite's own.
    """
    if name == DAGS:
        # Airflow has an environment of its own, and these tests their own settings.
        command, folder = [".venv/bin/python", "-m", "pytest", *options], ROOT / "dags"
    else:
        command, folder = [sys.executable, "-m", "pytest", *SUITES[name], *options], ROOT
    if name not in FIRST:
        command = ["nice", "-n", str(NICENESS), *command]
    # Threads of suites side by side would wait for each other longer than they compute.
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603 - our own command
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout
        output = process.stdout.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Outcome(
        name,
        passed=process.returncode == 0,
        output=output,
        seconds=time.monotonic() - began,
        cpu=usage.ru_utime + usage.ru_stime,
    )


def skipped(outputs: Sequence[str]) -> Counter[str]:
    """How many tests were skipped for each reason."""
    counts: Counter[str] = Counter()
    for output in outputs:
        for count, reason in SKIPPED.findall(output):
            counts[reason] += int(count)
    return counts


def say(line: str) -> None:
    """Print a line at once, wherever the output goes."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suites, and return the exit status: 1 when one of them failed."""
    parser = argparse.ArgumentParser(description="Run all test suites side by side.")
    parser.add_argument("--lanes", type=int, default=LANES, help="how many at a time")
    parser.add_argument("--without", nargs="*", default=[], choices=SUITES, help="suites to leave out")
    parser.add_argument("options", nargs="*", help="for pytest, after --")
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    outcomes = []
    with ThreadPoolExecutor(asked.lanes) as pool:
        running = [pool.submit(run_suite, name, asked.options) for name in SUITES if name not in asked.without]
        for done in as_completed(running):
            outcome = done.result()
            outcomes.append(outcome)
            if not outcome.passed:
                say(f"== {outcome.name}\n{outcome.output}")
            say(f"== {outcome.name}: {outcome.summary} ({outcome.seconds:.0f} s, of a processor {outcome.cpu:.0f} s)")
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    total = sum(outcome.cpu for outcome in outcomes)
    say(f"\n{len(outcomes)} suites: {time.monotonic() - began:.0f} s, of a processor {total:.0f} s")
    for reason, count in skipped([outcome.output for outcome in outcomes]).items():
        say(f"{count} skipped: {reason}")
    if failed:
        say(f"Failed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
