"""What the gateway says of itself and of the parts it needs."""

from pydantic import BaseModel


class Check(BaseModel):
    """Whether one part answers, and what it said."""

    ok: bool
    detail: str = ""


class Readiness(BaseModel):
    """Whether the gateway can accept work, part by part."""

    status: str
    checks: dict[str, Check]
    workers: int = 0
    """Reported, not required: without workers jobs are accepted and wait."""

    @property
    def ready(self) -> bool:
        """Whether every part that the gateway needs answers."""
        return all(check.ok for check in self.checks.values())
