from collections.abc import Sequence
from ipaddress import ip_address

import httpx
import pytest

from meadow_core.net.errors import UrlRefusedError
from meadow_core.net.public_addresses import PublicAddresses, is_public, parse_networks, parse_url

INTERNAL = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1",  # noqa: S104
    "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1",
    "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1",
    "100::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1",
    "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1",
    "223.255.255.1", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450:4001::1",
]  # fmt: skip


def answering(*addresses: str) -> PublicAddresses:
    async def resolver(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return PublicAddresses(resolver=resolver)


@pytest.mark.parametrize("address", INTERNAL)
async def test_what_is_not_public_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(UrlRefusedError, match="not a public address"):
        await answering(address).resolve(httpx.URL("https://receiver.example/"))


@pytest.mark.parametrize("address", PUBLIC)
async def test_what_is_public_is_let_through(address: str) -> None:
    assert await answering(address).resolve(httpx.URL("https://receiver.example/")) == [ip_address(address)]


async def test_one_internal_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(UrlRefusedError, match=r"10\.0\.0\.1"):
        await answering("8.8.8.8", "10.0.0.1").resolve(httpx.URL("https://receiver.example/"))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "017700000001", "[::1]", "[::ffff:7f00:1]", "localhost"]
)
async def test_other_spellings_of_loopback_are_seen_through(host: str) -> None:
    with pytest.raises(UrlRefusedError, match="not a public address"):
        await PublicAddresses().resolve(parse_url(f"http://{host}:8000/"))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://receiver.example/",
        "file:///etc/passwd",
        "//receiver.example/",
        "receiver.example",
        "/path",
        "http:///x",
        "",
    ],
)
async def test_only_full_web_addresses_are_opened(url: str) -> None:
    with pytest.raises(UrlRefusedError, match="https://"):
        await answering("8.8.8.8").resolve(parse_url(url))


async def test_a_password_in_the_address_and_an_endless_address_are_refused() -> None:
    with pytest.raises(UrlRefusedError, match="password"):
        await answering("8.8.8.8").resolve(parse_url("https://user:word@receiver.example/"))
    with pytest.raises(UrlRefusedError, match="2048"):
        await answering("8.8.8.8").resolve(parse_url("https://receiver.example/" + "x" * 2048))


@pytest.mark.parametrize("url", ["http://[::1", "http://a:port/", "http://a\x00b/", "http://xn--/"])
async def test_what_is_no_address_at_all_is_refused(url: str) -> None:
    with pytest.raises(UrlRefusedError):
        await PublicAddresses().resolve(parse_url(url))


async def test_a_host_without_an_address_is_refused_by_name() -> None:
    with pytest.raises(UrlRefusedError, match=r"nowhere\.invalid"):
        await PublicAddresses().resolve(httpx.URL("http://nowhere.invalid/"))
    with pytest.raises(UrlRefusedError, match="no address"):
        await answering().resolve(httpx.URL("http://receiver.example/"))


async def test_networks_that_are_named_are_allowed() -> None:
    addresses = PublicAddresses(parse_networks("127.0.0.0/8, fd00::/8"))
    assert await addresses.resolve(httpx.URL("http://127.0.0.1/")) == [ip_address("127.0.0.1")]
    assert addresses.allows(ip_address("fd12::1"))
    assert not addresses.allows(ip_address("10.0.0.1"))
    assert not addresses.allows(ip_address("::ffff:127.0.0.1"))


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0.1/8", "intranet"])
def test_a_network_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=text.replace(".", r"\.")):
        parse_networks(f"127.0.0.0/8,{text}")
