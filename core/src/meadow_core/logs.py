"""How services log: lines for people, or JSON for machines."""

import json
import logging
from datetime import UTC, datetime

from typing_extensions import override

from meadow_core.log_context import current_log_context

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
JSON = "json"


class JsonFormatter(logging.Formatter):
    """One JSON object a line, with what the service was working on."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            **current_log_context(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure_logging(log_format: str = "text", *, service: str = "meadow") -> None:
    """Log to standard error, one line an event.

    Args:
        log_format: As in the settings: `text` or `json`.
        service: Who logs, for machines.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter(service) if log_format == JSON else logging.Formatter(FORMAT))
    # Called again once the settings are read: what was set up for their faults gives way.
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # It warns of every attempt to reach the registry; those who ask the registry say once what matters.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
