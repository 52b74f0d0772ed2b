"""The fastest arithmetic for a bundle on this host, measured once and remembered beside the bundle.

Int8 halves the time of one architecture and adds to another's, and not every processor has bfloat16: only a
measurement tells. The processes of a host share one choice, so that they answer alike.
"""

import logging
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from meadow_core.atomic_file import write_atomically
from meadow_core.bundle.manifest import BundleError
from meadow_core.bundle.probe import Probe
from meadow_core.file_lock import file_lock
from meadow_worker.engines.base import Engine
from meadow_worker.engines.parity import check_parity
from meadow_worker.engines.precision import Precision

ROUNDS = 5

logger = logging.getLogger(__name__)


class Choice(BaseModel):
    """What was measured on a host."""

    host: str
    precision: Precision
    milliseconds: dict[Precision, float]
    """Per image, of every precision that answers as the trained network does."""


def autotuned_engine(
    bundle: Path, probe: Probe, candidates: Sequence[Precision], load: Callable[[Precision], Engine]
) -> Engine:
    """Load a bundle in the precision that is fastest here among those that pass the probe.

    Args:
        bundle: The choice is remembered beside it.
        probe: What the candidates are checked and timed on.
        candidates: What this host can compute in; the first is the exact one.
        load: Makes an engine.

    Raises:
        BundleError: Not even the exact precision answers as the trained network did.
    """
    place = bundle.with_name(f"{bundle.name}.precision.json")
    with file_lock(place.with_suffix(".lock")):
        choice = _remembered(place)
        if choice is None or choice.precision not in candidates:
            choice = Choice.model_validate(_measure(probe, candidates, load))
            write_atomically(place, choice.model_dump_json().encode())
            logger.info("%s is fastest of %s (ms an image)", choice.precision, choice.milliseconds)
    engine = load(choice.precision)
    check_parity(engine, probe)
    return engine


def _measure(probe: Probe, candidates: Sequence[Precision], load: Callable[[Precision], Engine]) -> dict[str, object]:
    milliseconds: dict[Precision, float] = {}
    for precision in candidates:
        engine = load(precision)
        try:
            check_parity(engine, probe)
        except BundleError as error:
            if precision is candidates[0]:
                raise
            logger.warning("not offered on this host: %s", error)
            continue
        milliseconds[precision] = min(_seconds(engine, probe) for _ in range(ROUNDS)) / len(probe.images) * 1000
    best = min(milliseconds, key=lambda one: milliseconds[one])
    return {"host": _host(), "precision": best, "milliseconds": milliseconds}


def _seconds(engine: Engine, probe: Probe) -> float:
    began = time.perf_counter()
    engine.infer(probe.images)
    return time.perf_counter() - began


def _remembered(place: Path) -> Choice | None:
    """Return the choice, unless it was made on another kind of host that shares the folder."""
    try:
        choice = Choice.model_validate_json(place.read_bytes())
    except (OSError, ValidationError):
        return None
    return choice if choice.host == _host() else None


def _host() -> str:
    """Name the kind of processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
