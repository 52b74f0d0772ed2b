"""Whether the ports of the stack are free, found out before anything is started."""

import errno
import socket
from collections.abc import Iterable

from meadow_local.errors import StackError
from meadow_local.parts import Part
from meadow_local.processes import port_holder
from meadow_local.settings import LOOPBACK, LocalSettings, variable


def check_ports(parts: Iterable[Part], settings: LocalSettings) -> None:
    """Refuse to start parts whose port is taken, or that would take each other's.

    Raises:
        StackError: Names each part, its port, who holds it, and the variable that moves it.
    """
    wanted: dict[int, str] = {}
    problems = []
    for part in parts:
        for field in part.ports:
            port = int(getattr(settings, field))
            if port in wanted:
                problems.append(f"{part.name} and {wanted[port]} are both set to port {port}; {_advice(field)}")
            elif not is_free(port):
                holder = port_holder(port) or "another process"
                problems.append(f"Port {port} of {part.name} is taken by {holder}; {_advice(field)}")
            wanted[port] = part.name
    if problems:
        raise StackError("\n".join([*problems, "Nothing was started."]))


def is_free(port: int) -> bool:
    """Whether a server could listen on the loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port in TIME_WAIT from a run just ended is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return error.errno not in (errno.EADDRINUSE, errno.EACCES)
    return True


def _advice(field: str) -> str:
    return f"set {variable(field)} to a free one."
