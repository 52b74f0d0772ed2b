"""Addresses that only this machine can reach."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether a host, by address or by name, is this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
