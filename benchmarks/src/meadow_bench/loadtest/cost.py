"""What being watched costs: answers a second while every part is scraped, against the same without, turn by turn."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import psutil

from meadow.client import Client
from meadow_bench.loadtest.scraper import scrape
from meadow_bench.stack import MeasuredStack
from meadow_local.settings import LOOPBACK, LocalSettings

INTERVALS = (15.0, 5.0, 1.0)
"""Seconds between scrapes; the first is Prometheus's, as it is set here."""
ROUNDS = 4
SECONDS = 15.0
CLIENTS = 8
SCRAPES = 50
"""Of each part, to tell what one takes."""


@dataclass(frozen=True)
class Cost:
    """Answers a second without and with scrapes (medians over the rounds), and the median of the ratios."""

    interval: float
    plain: float
    watched: float
    ratio: float


@dataclass(frozen=True)
class ScrapeCost:
    """What a scrape takes of a part that has nothing else to do."""

    part: str
    size: int
    """Bytes."""
    seconds: float
    cpu_seconds: float


def measure_cost(stack: MeasuredStack, images: Sequence[bytes]) -> list[Cost]:
    """Measure at each interval, in turns with nobody watching."""
    _rate(stack.settings, images)
    return [_measure(stack.settings, images, interval) for interval in INTERVALS]


def measure_scrapes(stack: MeasuredStack) -> list[ScrapeCost]:
    """Scrape one part after another, with nothing else to do."""
    pids = stack.pids()
    return [_scrapes(part, url, pids[part]) for part, url in _pages(stack.settings).items()]


def _measure(settings: LocalSettings, images: Sequence[bytes], interval: float) -> Cost:
    plain: list[float] = []
    watched: list[float] = []
    for number in range(ROUNDS):
        # Whoever is second finds warmer caches, or a busier machine: they take turns.
        for rates in (plain, watched) if number % 2 == 0 else (watched, plain):
            with _scraped(settings, interval) if rates is watched else nullcontext():
                rates.append(_rate(settings, images))
    ratio = statistics.median(with_it / without for with_it, without in zip(watched, plain, strict=True))
    return Cost(interval, statistics.median(plain), statistics.median(watched), ratio)


def _pages(settings: LocalSettings) -> dict[str, str]:
    ports = {
        "api": settings.api_port,
        "worker": settings.worker_metrics_port,
        "trainer": settings.trainer_metrics_port,
        "flower": settings.flower_port,
    }
    return {part: f"http://{LOOPBACK}:{port}/metrics" for part, port in ports.items()}


@contextmanager
def _scraped(settings: LocalSettings, interval: float) -> Iterator[None]:
    command = [sys.executable, "-m", "meadow_bench.loadtest.scraper", str(interval), *_pages(settings).values()]
    scraper = subprocess.Popen(command)  # noqa: S603 - our own command
    try:
        yield
    finally:
        scraper.terminate()
        scraper.wait()


def _scrapes(part: str, url: str, pid: int) -> ScrapeCost:
    size = scrape(url)
    used, began = _cpu_seconds(pid), time.perf_counter()
    for _ in range(SCRAPES):
        scrape(url)
    seconds, cpu = time.perf_counter() - began, _cpu_seconds(pid) - used
    return ScrapeCost(part, size, seconds / SCRAPES, cpu / SCRAPES)


def _cpu_seconds(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(sum(one.cpu_times()[:2]) for one in (process, *process.children(recursive=True)))


def _rate(settings: LocalSettings, images: Sequence[bytes]) -> float:
    ends = time.monotonic() + SECONDS

    def answer(number: int) -> int:
        done = 0
        with Client.from_settings(settings) as client:
            while time.monotonic() < ends:
                client.submit_image(images[(number + done) % len(images)], wait=20)
                done += 1
        return done

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(answer, range(CLIENTS))) / SECONDS
