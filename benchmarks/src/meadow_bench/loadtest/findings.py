"""What the users saw, and what of it was too much."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from meadow_bench.loadtest.stages import Limits

ANSWER = "submit to answer"
"""Name under which the whole of a job is timed."""
REFUSED = "refused for lack of room"
"""Name under which refusals are counted, beside the request itself."""
READ_PREFIX = "read "
"""Of the names of pages that people read."""


@dataclass(frozen=True)
class Line:
    """One kind of request."""

    name: str
    requests: int
    failures: int
    per_second: float
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True)
class StepFindings:
    """One step."""

    users: int
    lines: Sequence[Line]

    def broken(self, limits: Limits) -> list[str]:
        """What was too much, in words."""
        sent = [line for line in self.lines if line.name not in {ANSWER, REFUSED}]
        requests = sum(line.requests for line in sent)
        if not requests:
            return ["nothing was sent"]
        failed = sum(line.failures for line in self.lines) / requests
        refused = sum(line.requests for line in self.lines if line.name == REFUSED) / requests
        answers = [line for line in self.lines if line.name == ANSWER]
        reads = [line for line in sent if line.name.startswith(READ_PREFIX)]
        return [
            *_above("requests that fail", failed, limits.failed, share=True),
            *_above("requests that are refused", refused, limits.refused, share=True),
            *(words for line in answers for words in _above(f"{line.name}, p95", line.p95, limits.answer_p95)),
            *(words for line in reads for words in _above(f"{line.name}, p95", line.p95, limits.read_p95)),
            *([] if answers and answers[0].requests else ["no job was answered"]),
        ]


def _above(what: str, value: float, limit: float, *, share: bool = False) -> Iterable[str]:
    if value > limit:
        shown = f"{value:.2%}, at most {limit:.0%}" if share else f"{value:.2f} s, at most {limit:g} s"
        yield f"{what}: {shown}"


def write_findings(path: Path, steps: Sequence[StepFindings]) -> None:
    """Keep them for the command that started the run."""
    path.write_text(json.dumps([asdict(step) for step in steps]))


def read_findings(path: Path) -> list[StepFindings]:
    """Read what `write_findings` wrote."""
    return [
        StepFindings(step["users"], [Line(**line) for line in step["lines"]]) for step in json.loads(path.read_text())
    ]
