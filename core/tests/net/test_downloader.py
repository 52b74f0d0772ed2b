import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from fake_gateway.server import Answer
from image_host import ImageHost
from meadow_core.net.downloader import (
    ATTEMPTS,
    HOST_FAILURES,
    PER_HOST,
    Downloaded,
    Downloader,
    DownloadError,
    DownloadRefusedError,
    DownloadTooLargeError,
)
from meadow_core.net.public_addresses import PublicAddresses, parse_networks

MOST = 50_000

Downloaders = Callable[..., Downloader]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meadow_core.net.downloader.FIRST_PAUSE_SECONDS", 0.01)


@pytest.fixture
def host() -> Iterator[ImageHost]:
    with ImageHost() as running:
        yield running


@pytest.fixture
def downloader_with() -> Iterator[Downloaders]:
    opened: list[Downloader] = []

    def make(allowed: str = "127.0.0.0/8", timeout: float = 5.0, parallel: int = 16) -> Downloader:
        addresses = PublicAddresses(parse_networks(allowed))
        opened.append(Downloader(addresses, max_bytes=MOST, parallel=parallel, timeout=timeout))
        return opened[-1]

    yield make
    for downloader in opened:
        downloader.close()


@pytest.fixture
def downloader(downloader_with: Downloaders) -> Downloader:
    return downloader_with()


def test_a_file_comes_with_its_tag(host: ImageHost, downloader: Downloader) -> None:
    url = host.put("/a", Answer(content=b"image", headers={"ETag": '"1"'}))
    assert downloader.fetch(url) == Downloaded(b"image", '"1"')
    assert downloader.fetch(url, known_etag='"1"') is None
    assert downloader.fetch(url, known_etag='"0"') == Downloaded(b"image", '"1"')


def test_inside_addresses_are_refused_unless_allowed(host: ImageHost, downloader_with: Downloaders) -> None:
    url = host.put("/a", b"image")
    with pytest.raises(DownloadRefusedError, match=r"127\.0\.0\.1, which is not a public address"):
        downloader_with(allowed="").fetch(url)
    assert not host.asked


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/a", "http://user:word@127.0.0.1/", "a"])
def test_what_is_no_plain_web_address_is_refused(downloader: Downloader, url: str) -> None:
    with pytest.raises(DownloadRefusedError):
        downloader.fetch(url)


def test_redirects_are_followed_but_not_inside(host: ImageHost, downloader: Downloader) -> None:
    host.put("/a", b"image")
    assert downloader.fetch(host.put("/moved", Answer(302, headers={"Location": "/a"}))) == Downloaded(b"image", "")
    for target in ("http://169.254.169.254/latest/meta-data", "http://[::1]/", "file:///etc/passwd"):
        with pytest.raises(DownloadRefusedError):
            downloader.fetch(host.put("/out", Answer(302, headers={"Location": target})))
    with pytest.raises(DownloadError, match="more than 5 times"):
        downloader.fetch(host.put("/round", Answer(302, headers={"Location": "/round"})))


@pytest.mark.parametrize("status", [404, 501, 505, 525])
def test_what_is_not_there_is_asked_for_once(host: ImageHost, downloader: Downloader, status: int) -> None:
    with pytest.raises(DownloadError, match=str(status)):
        downloader.fetch(host.put("/none", Answer(status)))
    assert host.requests["/none"] == 1


@pytest.mark.parametrize(
    "trouble",
    [
        *map(Answer, (408, 425, 429, 500, 502, 503, 504, 520, 524)),
        Answer(hang_up=True),
        Answer(200, b"image", cut_after=2),
    ],
)
def test_what_may_pass_is_tried_again(host: ImageHost, downloader: Downloader, trouble: Answer) -> None:
    assert downloader.fetch(host.put("/a", trouble, trouble, b"image")) == Downloaded(b"image", "")
    assert host.requests["/a"] == 3


def test_what_does_not_pass_is_given_up(host: ImageHost, downloader: Downloader) -> None:
    with pytest.raises(DownloadError, match=rf"503.*tried {ATTEMPTS} times"):
        downloader.fetch(host.put("/a", Answer(503)))
    assert host.requests["/a"] == ATTEMPTS


def test_a_server_that_asks_for_a_pause_gets_it(host: ImageHost, downloader: Downloader) -> None:
    url = host.put("/busy", Answer(429, headers={"Retry-After": "1"}), b"image")
    began = time.monotonic()
    assert downloader.fetch(url)
    assert 3 > time.monotonic() - began >= 1


def test_a_slow_server_is_given_up(host: ImageHost, downloader_with: Downloaders) -> None:
    host.delay = 0.5
    with pytest.raises(DownloadError, match=r"within 0\.1 seconds"):
        downloader_with(timeout=0.1).fetch(host.put("/a", b"image"))


def test_too_many_announced_bytes_are_not_read(host: ImageHost, downloader: Downloader) -> None:
    with pytest.raises(DownloadTooLargeError, match="50,000 bytes"):
        downloader.fetch(host.put("/a", b"x" * (MOST + 1)))
    assert host.requests["/a"] == 1
    assert downloader.fetch(host.put("/b", b"x" * MOST))


@pytest.fixture
def endless() -> Iterator[tuple[str, list[int]]]:
    """A server whose answer never ends and announces no length; counts what it could send."""
    sent = [0]
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            try:
                while True:
                    sent[0] += connection.send(b"x" * 4096)
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/", sent
    thread.join()
    listener.close()


def test_an_endless_answer_is_cut_off(endless: tuple[str, list[int]], downloader: Downloader) -> None:
    url, sent = endless
    with pytest.raises(DownloadTooLargeError):
        downloader.fetch(url)
    assert sent[0] < 100 * MOST


def test_a_compressed_answer_is_refused(host: ImageHost, downloader: Downloader) -> None:
    with pytest.raises(DownloadError, match="compressed"):
        downloader.fetch(host.put("/a", Answer(content=b"bomb", headers={"Content-Encoding": "gzip"})))


def test_a_host_is_not_flooded(host: ImageHost, downloader: Downloader) -> None:
    host.delay = 0.02
    urls = host.put_all({f"/{number}": b"image" for number in range(64)})
    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(downloader.fetch, urls))
    assert 2 <= host.most_at_once <= PER_HOST


def test_a_host_that_is_down_is_left_alone(downloader: Downloader, unused_port: int) -> None:
    def fault(number: int) -> str:
        with pytest.raises(DownloadError) as caught:
            downloader.fetch(f"http://127.0.0.1:{unused_port}/{number}")
        return str(caught.value)

    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        faults = list(pool.map(fault, range(200)))
    assert time.monotonic() - began < 5
    assert all("does not accept connections" in text for text in faults)
    assert sum(f"tried {HOST_FAILURES} times" in text for text in faults) > 150


def test_closing_breaks_off_what_runs(host: ImageHost, downloader: Downloader) -> None:
    host.delay = 15
    url = host.put("/a", b"image")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(downloader.fetch, url)
        while not host.asked:
            time.sleep(0.01)
        began = time.monotonic()
        downloader.close()
        with pytest.raises(DownloadError, match="broken off"):
            running.result()
        assert time.monotonic() - began < 10
    with pytest.raises(DownloadError, match="ended"):
        downloader.fetch(url)
