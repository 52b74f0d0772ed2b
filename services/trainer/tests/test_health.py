import logging
from collections.abc import Iterator

import pytest
from celery.contrib.testing.worker import start_worker
from pydantic import SecretStr

from meadow_core.queueing.app import create_celery
from meadow_core.settings import Settings
from meadow_trainer import health
from meadow_trainer.health import UnhealthyError, check

NODE = "trainer@here"


@pytest.fixture
def answering(settings: Settings) -> Iterator[None]:
    """A Celery worker with the trainer's name."""
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    with start_worker(create_celery(settings), pool="solo", perform_ping_check=False, hostname=NODE):
        yield
    # Celery has set up logging for a whole process; the tests that follow want to read it.
    root.setLevel(before[0])
    root.handlers[:] = before[1]


@pytest.mark.usefixtures("answering")
def test_answering_trainer_is_healthy(settings: Settings) -> None:
    check(settings, NODE)


def test_missing_trainer_is_unhealthy(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ANSWER_SECONDS", 0.2)
    with pytest.raises(UnhealthyError, match="has not answered"):
        check(settings, NODE)


def test_trainer_without_redis_is_unhealthy(settings: Settings) -> None:
    cut_off = settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1/0")})
    with pytest.raises(UnhealthyError, match="Redis does not answer"):
        check(cut_off, NODE)
