"""How services log."""

import logging

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def configure_logging() -> None:
    """Log to standard error, one line an event."""
    logging.basicConfig(level=logging.INFO, format=FORMAT)
    # It warns of every attempt to reach the registry; those who ask the registry say once what matters.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
