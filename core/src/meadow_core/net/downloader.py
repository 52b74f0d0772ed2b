"""Downloading files that other people name: from public addresses, within limits, politely, again where it helps."""

import asyncio
import random
import threading
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx

from meadow.errors import MeadowError
from meadow_core.net.errors import HostUnknownError, UrlRefusedError
from meadow_core.net.guarded_transport import GuardedTransport
from meadow_core.net.public_addresses import PublicAddresses, parse_url

ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
"""The longest that a server's `Retry-After` is followed."""
CONNECT_SECONDS = 5.0
MAX_REDIRECTS = 5
PER_HOST = 8
"""Requests to one host at a time."""
HOST_FAILURES = 12
"""Failed connections to a host, one after another without any answer, after which it is left alone."""
RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 525)})
"""520 to 524 are what proxies of Cloudflare answer when the server behind them does not, or not as it should."""

_HEADERS = {
    "User-Agent": "meadow (image data sets)",
    "Accept": "image/*, */*;q=0.1",
    # So that the size that is limited is the size that comes.
    "Accept-Encoding": "identity",
}


class DownloadError(MeadowError):
    """A file could not be downloaded; the message is a sentence for people."""


class DownloadRefusedError(DownloadError):
    """The URL, or one that it redirects to, leads to where it must not."""


class DownloadTooLargeError(DownloadError):
    """The file has more bytes than are taken."""


@dataclass(frozen=True)
class Downloaded:
    """A file's bytes, and what its server calls this content."""

    body: bytes
    etag: str


class _PassingError(Exception):
    """A try failed in a way that another may not."""

    def __init__(self, detail: str, pause: float = 0.0) -> None:
        super().__init__(detail)
        self.pause = pause


@dataclass
class _Host:
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PER_HOST))
    failures: int = 0
    fault: str = ""
    """Why it was not reached the last time."""
    not_before: float = 0.0
    """Time of the loop's clock at which the host wants the next request."""

    @property
    def is_down(self) -> bool:
        return self.failures >= HOST_FAILURES

    def failed(self, fault: str) -> _PassingError:
        """Count a failed connection."""
        self.failures += 1
        self.fault = fault
        return _PassingError(fault)


class Downloader:
    """Downloads for many threads at a time, on an event loop of its own.

    Args:
        addresses: Which addresses may be connected to.
        max_bytes: Larger files are refused as soon as that shows.
        parallel: Downloads at a time.
        timeout: Seconds that one try may take.
    """

    def __init__(self, addresses: PublicAddresses, *, max_bytes: int, parallel: int, timeout: float) -> None:
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._hosts: dict[str, _Host] = {}
        self._slots = asyncio.Semaphore(parallel)
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(addresses),
            headers=_HEADERS,
            timeout=httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout), pool=None),
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            # A proxy would connect to what it likes.
            trust_env=False,
        )
        self._closed = False
        self._scheduling = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="downloads", daemon=True)
        self._thread.start()

    def fetch(self, url: str, *, known_etag: str = "") -> Downloaded | None:
        """Download a file.

        Args:
            url: Where it is.
            known_etag: What its server called the content that is here already.

        Returns:
            None if the server says that the content is the known one.

        Raises:
            DownloadError: It could not be had.
        """
        with self._scheduling:
            if self._closed:
                raise DownloadError("The downloads were ended before this one began.")
            running = asyncio.run_coroutine_threadsafe(self._fetch(url, known_etag), self._loop)
        try:
            return running.result()
        except CancelledError as error:
            raise DownloadError("The download was broken off.") from error

    def close(self) -> None:
        """End what is under way, and close the connections."""
        with self._scheduling:
            if self._closed:
                return
            self._closed = True
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()

    async def _fetch(self, url: str, known_etag: str) -> Downloaded | None:
        try:
            name = parse_url(url).host
        except UrlRefusedError as error:
            raise DownloadRefusedError(str(error)) from error
        host = self._hosts.setdefault(name, _Host())
        for attempt in range(1, ATTEMPTS + 1):
            if host.is_down:
                raise DownloadError(f"{host.fault} It was tried {HOST_FAILURES} times, and is left alone now.")
            try:
                # The host's slot first: those who wait for a busy host do not keep others from theirs.
                async with host.slots:
                    await asyncio.sleep(host.not_before - self._loop.time())
                    async with self._slots:
                        return await self._try(host, url, known_etag)
            except _PassingError as error:
                if attempt == ATTEMPTS:
                    raise DownloadError(f"{error} (tried {ATTEMPTS} times)") from error
                pause = FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1)  # noqa: S311 - no secret
                if error.pause:
                    host.not_before = self._loop.time() + error.pause
            await asyncio.sleep(pause)
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    async def _try(self, host: _Host, url: str, known_etag: str) -> Downloaded | None:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._request(host, url, known_etag)
        except HostUnknownError as error:
            raise host.failed(str(error)) from error
        except UrlRefusedError as error:
            raise DownloadRefusedError(str(error)) from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise host.failed(f"The host {error.request.url.host!r} does not accept connections.") from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise _PassingError(f"No whole answer came within {self._timeout:g} seconds.") from error
        except httpx.TooManyRedirects as error:
            raise DownloadError(f"It redirects more than {MAX_REDIRECTS} times.") from error
        except httpx.HTTPError as error:
            raise _PassingError(f"The connection broke off: {str(error) or type(error).__name__}.") from error

    async def _request(self, host: _Host, url: str, known_etag: str) -> Downloaded | None:
        headers = {"If-None-Match": known_etag} if known_etag else {}
        async with self._client.stream("GET", url, headers=headers) as answer:
            host.failures = 0
            if answer.status_code == HTTPStatus.NOT_MODIFIED and known_etag:
                return None
            if answer.status_code != HTTPStatus.OK:
                detail = f"The server answered {answer.status_code} {answer.reason_phrase}".rstrip() + "."
                if answer.status_code in RETRIED_STATUSES:
                    raise _PassingError(detail, _retry_after(answer))
                raise DownloadError(detail)
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise DownloadError("The server sends the file compressed although it was asked not to.")
            return Downloaded(await self._read(answer), answer.headers.get("ETag", ""))

    async def _read(self, answer: httpx.Response) -> bytes:
        announced = answer.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced) > self._max_bytes:
            raise self._too_large()
        body = bytearray()
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > self._max_bytes:
                raise self._too_large()
        return bytes(body)

    def _too_large(self) -> DownloadTooLargeError:
        return DownloadTooLargeError(f"The file is larger than the {self._max_bytes:,} bytes that are taken.")


def _retry_after(answer: httpx.Response) -> float:
    """Read how long the server wants to be left alone, in seconds; a date is not followed."""
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), LONGEST_PAUSE_SECONDS) if asked.isdigit() else 0.0
