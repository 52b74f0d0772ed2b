"""Groups of parts that a stack may have beside its own: `meadow up --with NAME`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from meadow_local.airflow import folders as airflow
from meadow_local.airflow.environment import make_environment
from meadow_local.airflow.parts import AIRFLOW_PARTS
from meadow_local.errors import StackError
from meadow_local.monitoring import parts as monitoring
from meadow_local.monitoring.binary import require_prometheus
from meadow_local.monitoring.parts import MONITORING_PARTS
from meadow_local.parts import Part
from meadow_local.settings import LocalSettings


@dataclass(frozen=True)
class Extra:
    """Parts that come and go together."""

    name: str
    about: str
    parts: tuple[Part, ...]
    install: Callable[[Callable[[str], None]], None]
    """Fetches what its parts need and the stack's environment lacks, telling how far it is; nothing if it is there."""
    welcome: Callable[[LocalSettings], str]
    """What a person should know when it is new to the stack."""


EXTRAS: tuple[Extra, ...] = (
    Extra(
        name="airflow",
        about="Airflow, which retrains the model by itself",
        parts=AIRFLOW_PARTS,
        install=make_environment,
        welcome=airflow.welcome,
    ),
    Extra(
        name="monitoring",
        about="Prometheus, which keeps the metrics and raises alerts",
        parts=MONITORING_PARTS,
        install=require_prometheus,
        welcome=monitoring.welcome,
    ),
)

EXTRA_NAMES = tuple(extra.name for extra in EXTRAS)


def split_names(text: str) -> tuple[str, ...]:
    """Read a list of extras as it is saved; in the order in which they are defined, each once.

    Raises:
        StackError: There is no such extra.
    """
    return in_order(part.strip() for part in text.split(",") if part.strip())


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Sort names of extras as they are defined, each once.

    Raises:
        StackError: There is no such extra.
    """
    asked = set(names)
    unknown = sorted(asked - set(EXTRA_NAMES))
    if unknown:
        raise StackError(f"There is nothing called {', '.join(unknown)} to add; there is {', '.join(EXTRA_NAMES)}.")
    return tuple(name for name in EXTRA_NAMES if name in asked)


def extras_called(names: Iterable[str]) -> tuple[Extra, ...]:
    """The extras of these names."""
    wanted = in_order(names)
    return tuple(extra for extra in EXTRAS if extra.name in wanted)
