"""What a service is working on just now, for its log lines: bound for the time of a block, and gone after it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

REQUEST_ID = "request_id"
"""The request that it goes back to; also a field of a job's record, by which it reaches the workers."""
JOB = "job"
PACK = "pack"
MODEL = "model"
"""The model version."""

_current: ContextVar[Mapping[str, str]] = ContextVar("log_context", default=MappingProxyType({}))


def current_log_context() -> Mapping[str, str]:
    """Return what is bound."""
    return _current.get()


@contextmanager
def log_context(**fields: object) -> Iterator[None]:
    """Bind fields beside those that are bound; what is empty or None is left out."""
    given = {name: str(value) for name, value in fields.items() if value not in {None, ""}}
    token = _current.set({**_current.get(), **given})
    try:
        yield
    finally:
        _current.reset(token)
