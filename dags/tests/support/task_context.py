"""What Airflow hands to a task, as far as the operators use it."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from airflow.sdk import Context


@dataclass
class Memory:
    """A task state store."""

    kept: dict[str, Any] = field(default_factory=dict)
    forgets: bool = False
    """Whether what is set is lost, as when the task is killed just before."""

    def get(self, key: str) -> Any:  # noqa: ANN401 - Airflow's interface
        """Read."""
        return self.kept.get(key)

    def set(self, key: str, value: Any) -> None:  # noqa: ANN401
        """Keep."""
        if not self.forgets:
            self.kept[key] = value


def task_context(memory: Memory, *, clear_number: int = 0, run_id: str = "manual__1") -> Context:
    """The context of one try of a task."""
    context = {
        "ti": SimpleNamespace(task_id="train", xcom_push=lambda **_: None),
        "dag_run": SimpleNamespace(dag_id="retrain", run_id=run_id, clear_number=clear_number),
        "task_state_store": memory,
    }
    return cast("Context", context)
