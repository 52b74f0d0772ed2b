"""Ports of this machine that nobody listens on."""

import socket


def free_ports(count: int) -> list[int]:
    """Find free ports, all different."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
