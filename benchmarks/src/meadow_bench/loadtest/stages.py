"""How many users, for how long, and what they must not see."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """So many users for so many seconds."""

    seconds: int
    users: int


@dataclass(frozen=True)
class Limits:
    """What a run, or a step of it, must keep to."""

    failed: float = 0.0
    """Share of requests that fail. A refusal for lack of room (503) is no failure: the client is told to come back."""
    refused: float = 0.0
    """Share of requests that are refused for lack of room."""
    answer_p95: float = 2.0
    """Seconds from submission to answer of one image, 95th percentile."""
    read_p95: float = 0.5
    """Seconds of a page that people read."""


@dataclass(frozen=True)
class Stage:
    """A load test."""

    name: str
    about: str
    steps: tuple[Step, ...]
    limits: Limits
    stops_when_broken: bool = False
    """Whether it is meant to break something, and ends once it has."""

    @property
    def seconds(self) -> int:
        """How long it takes at most."""
        return sum(step.seconds for step in self.steps)

    def step_at(self, seconds: float) -> int | None:
        """Which step is on after so many seconds; None when all are over."""
        for place, step in enumerate(self.steps):
            seconds -= step.seconds
            if seconds < 0:
                return place
        return None


STAGES = {
    stage.name: stage
    for stage in (
        Stage("smoke", "A few users, to see that everything works", (Step(20, 6),), Limits()),
        Stage("load", "A working day", (Step(20, 10), Step(60, 24)), Limits()),
        Stage(
            "spike",
            "Many at once, and then few again",
            (Step(20, 8), Step(20, 64), Step(30, 8)),
            Limits(refused=0.2, answer_p95=10.0, read_p95=2.0),
        ),
        Stage("soak", "A working day for long, in which nothing may grow", (Step(900, 16),), Limits()),
        Stage(
            "limit",
            "Twice the users every 20 seconds, until something gives",
            tuple(Step(20, users) for users in (8, 16, 32, 64, 128, 256)),
            Limits(),
            stops_when_broken=True,
        ),
    )
}
