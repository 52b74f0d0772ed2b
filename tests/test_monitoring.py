"""A real Prometheus over the embedded stack: every panel shows something, and killed workers raise an alert."""

import math
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest

from meadow_dashboards.boards.training import AIRFLOW
from meadow_dashboards.model import Panel
from meadow_dashboards.places import DASHBOARDS
from meadow_local.startup import wait_until_ready
from meadow_local.status import PartState, look
from needs import skip_without_prometheus
from prometheus_api import PrometheusApi
from trained_stack import TrainedStack

pytestmark = [pytest.mark.system, skip_without_prometheus, pytest.mark.timeout(900)]

IMAGES = 140
"""Enough to tell drift from."""
RATE_WINDOW = "1m"
PATIENCE_SECONDS = 250.0
PANELS = {f"{board.uid}: {panel.title}": panel for board in DASHBOARDS for panel in board.panels}


@pytest.fixture(scope="module")
def prometheus(trained: TrainedStack) -> Iterator[PrometheusApi]:
    """Prometheus, added to the running stack, once it has seen some load."""
    stack = trained.stack.stack
    start = stack.start(trained.stack.env, stack.choose_extras(trained.stack.env, add=["monitoring"]))
    for _ in wait_until_ready(stack, start.settings, stack.parts, timeout=PATIENCE_SECONDS):
        pass
    api = PrometheusApi(start.settings.monitoring_url)
    load(trained)
    eventually(lambda: set(api.targets().values()) == {"up"})
    # A second time, so that there is something between two scrapes.
    time.sleep(6)
    load(trained)
    eventually(lambda: (api.number("max(meadow_quality_images)") or 0) >= IMAGES)
    eventually(lambda: (api.number("max(meadow_quality_labels)") or 0) > 0)
    yield api
    stack.start(trained.stack.env, stack.choose_extras(trained.stack.env, drop=["monitoring"]))


def load(trained: TrainedStack) -> None:
    """Single images, a batch, a label, a page that is not there."""
    client = trained.stack.client
    pictures = [trained.picture(label, number) for label in ("grass", "dandelion") for number in range(5)]
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda n: client.submit_image(pictures[n % len(pictures)], wait=20), range(IMAGES)))
    client.give_feedback(jobs[0].id, "grass")
    url = trained.stack.settings.api_url
    files = [("images", (f"{n}.jpg", picture, "image/jpeg")) for n, picture in enumerate(pictures)]
    batch = httpx.post(f"{url}/v1/batches", files=files).json()
    client.wait(batch["id"], timeout=PATIENCE_SECONDS)
    httpx.get(f"{url}/v1/jobs/none")


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(1)


def test_every_part_is_scraped_and_prometheus_is_one_of_them(trained: TrainedStack, prometheus: PrometheusApi) -> None:
    assert prometheus.targets() == dict.fromkeys(("gateway", "worker", "trainer", "flower", "prometheus"), "up")
    rows = {row.part.name: row.state for row in look(trained.stack.stack)}
    assert rows["prometheus"] is PartState.READY


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)
def test_every_panel_shows_something(panel: Panel, prometheus: PrometheusApi) -> None:
    if panel.needs:
        # This stack has no Airflow, and an exporter of StatsD is no part of the embedded one.
        assert panel.needs == AIRFLOW
        pytest.skip(f"{panel.needs}, which panels show, is no part of this stack")
    for query in panel.queries:
        expr = query.expr.replace("$__rate_interval", RATE_WINDOW)
        # A share of nothing is no number: what is divided may have to be scraped, and recorded, first.
        eventually(lambda expr=expr: any(not math.isnan(value) for value in values(prometheus, expr)))  # type: ignore[misc]


def values(prometheus: PrometheusApi, expr: str) -> list[float]:
    return [float(series["value"][1]) for series in prometheus.query(expr)]


def test_what_is_counted_is_what_was_done(prometheus: PrometheusApi) -> None:
    answered = prometheus.number('sum(meadow_images_total{queue="interactive", outcome="succeeded"})')
    decoded = prometheus.number("sum(meadow_decode_duration_seconds_count)")
    joined = prometheus.number("sum(meadow_inference_batch_images_sum)")
    assert answered
    assert decoded
    assert joined
    assert answered >= 2 * IMAGES
    # Those of batches come on top, and what a new model is proven with.
    assert decoded >= answered
    assert joined >= answered


def test_killing_the_workers_raises_an_alert_and_their_return_ends_it(
    trained: TrainedStack, prometheus: PrometheusApi
) -> None:
    assert "MeadowNoWorker" not in prometheus.alerts()
    main = psutil.Process(trained.stack.pid_of("worker"))
    for process in (main, *main.children(recursive=True)):
        process.send_signal(signal.SIGKILL)
    # The stack would start it again within moments.
    trained.stack.stop_part("worker")
    try:
        eventually(lambda: "MeadowNoWorker" in prometheus.alerts())
        # What is accepted meanwhile waits, and is answered.
        job = trained.stack.client.submit_image(trained.picture("grass"))
        eventually(lambda: "MeadowOldestMessageTooOld" in prometheus.alerts("pending"))
    finally:
        trained.stack.up()
    assert trained.stack.client.wait(job.id, timeout=PATIENCE_SECONDS).result
    eventually(lambda: "MeadowNoWorker" not in prometheus.alerts())
