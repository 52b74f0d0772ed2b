"""What being watched costs: answers a second while every part is scraped, against the same without, turn by turn."""

import statistics
import threading
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from meadow.client import MeadowClient
from meadow_local.settings import LOOPBACK, LocalSettings

ROUNDS = 4
SECONDS = 8.0
CLIENTS = 8
SCRAPE_SECONDS = 1.0
"""Fifteen times as often as Prometheus does by default: what cannot be told at this pace is nothing at that one."""


def measure_cost(settings: LocalSettings, images: Sequence[bytes]) -> tuple[float, float, float]:
    """Return answers a second without and with scrapes (medians over the rounds), and the median of the ratios."""
    plain: list[float] = []
    watched: list[float] = []
    _rate(settings, images)
    for number in range(ROUNDS):
        # Whoever is second finds warmer caches, or a busier machine: they take turns.
        order = (plain, watched) if number % 2 == 0 else (watched, plain)
        for rates in order:
            rates.append(_watched_rate(settings, images) if rates is watched else _rate(settings, images))
    ratio = statistics.median(with_it / without for with_it, without in zip(watched, plain, strict=True))
    return statistics.median(plain), statistics.median(watched), ratio


def _watched_rate(settings: LocalSettings, images: Sequence[bytes]) -> float:
    stop = threading.Event()
    ports = (settings.api_port, settings.worker_metrics_port, settings.trainer_metrics_port, settings.flower_port)

    def scrape() -> None:
        while not stop.is_set():
            for port in ports:
                with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/metrics", timeout=10) as answer:
                    answer.read()
            stop.wait(SCRAPE_SECONDS)

    thread = threading.Thread(target=scrape, daemon=True)
    thread.start()
    try:
        return _rate(settings, images)
    finally:
        stop.set()
        thread.join()


def _rate(settings: LocalSettings, images: Sequence[bytes]) -> float:
    ends = time.monotonic() + SECONDS

    def answer(number: int) -> int:
        done = 0
        with MeadowClient.from_settings(settings) as client:
            while time.monotonic() < ends:
                client.submit_image(images[(number + done) % len(images)], wait=20)
                done += 1
        return done

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(answer, range(CLIENTS))) / SECONDS
