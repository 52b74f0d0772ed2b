import http.server
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fake_gateway import ScriptedServer
from meadow_core.net.errors import UrlRefusedError
from meadow_core.net.guarded_transport import GuardedTransport
from meadow_core.net.public_addresses import PublicAddresses, parse_networks

LOOPBACK = parse_networks("127.0.0.0/8")
HOST = "receiver.example"


class Names:
    """A resolver that gives one answer after another, the last one for good."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(f"{host}:{port}")
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def client_with(names: Names) -> httpx.AsyncClient:
    addresses = PublicAddresses(LOOPBACK, resolver=names)
    return httpx.AsyncClient(transport=GuardedTransport(addresses), trust_env=False, timeout=5, follow_redirects=True)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


async def test_the_checked_address_is_the_one_that_is_connected_to(server: ScriptedServer) -> None:
    names = Names(["127.0.0.1"])
    server.reply({"ok": True})
    # No other resolver knows this host.
    async with client_with(names) as client:
        answer = await client.post(f"http://{HOST}:{server.server_port}/hook?a=b", content=b"body")
    assert answer.json() == {"ok": True}
    (asked,) = server.asked
    assert (asked.path, asked.query, asked.body) == ("/hook", {"a": ["b"]}, b"body")
    assert asked.headers["Host"] == f"{HOST}:{server.server_port}"
    assert names.asked == [f"{HOST}:{server.server_port}"]


async def test_a_name_that_is_rebound_is_checked_again_each_time(server: ScriptedServer) -> None:
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    server.reply({})
    async with client_with(names) as client:
        await client.get(f"http://{HOST}:{server.server_port}/")
        with pytest.raises(UrlRefusedError, match=r"10\.0\.0\.1"):
            await client.get(f"http://{HOST}:{server.server_port}/")


async def test_a_redirect_into_the_inside_is_refused_even_where_redirects_are_followed(server: ScriptedServer) -> None:
    server.reply(status=302, Location="http://169.254.169.254/latest/meta-data")
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    async with client_with(names) as client:
        with pytest.raises(UrlRefusedError, match=r"169\.254"):
            await client.get(f"http://{HOST}:{server.server_port}/")


async def test_the_next_address_is_tried_when_one_does_not_answer(server: ScriptedServer) -> None:
    server.reply({})
    async with client_with(Names(["127.0.0.2", "127.0.0.1"])) as client:
        assert (await client.post(f"http://{HOST}:{server.server_port}/", content=b"once")).status_code == 200
    assert [asked.body for asked in server.asked] == [b"once"]


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate for the host, with its key, that is trusted for the test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + signed.public_bytes(pem))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


@contextmanager
def serve_https(certificate: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


async def test_the_certificate_is_checked_for_the_host_not_for_the_address(certificate: Path) -> None:
    with serve_https(certificate) as port:
        async with client_with(Names(["127.0.0.1"])) as client:
            assert (await client.get(f"https://{HOST}:{port}/")).status_code == 501
            with pytest.raises(httpx.ConnectError, match="mismatch"):
                await client.get(f"https://other.example:{port}/")
