import json
import logging
import timeit
from collections.abc import Iterator

import pytest

from meadow_core.log_context import current_log_context, log_context
from meadow_core.logs import configure_logging


@pytest.fixture(autouse=True)
def root_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_json_lines_say_what_was_worked_on(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", service="worker")
    with log_context(request_id="r1"), log_context(job="cls_1", model="4", pack=None):
        logging.getLogger("meadow_worker").warning("sent %s again", "cls_1")
    logging.getLogger("meadow_worker").info("idle")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert first["message"] == "sent cls_1 again"
    assert (first["service"], first["level"], first["logger"]) == ("worker", "warning", "meadow_worker")
    assert (first["request_id"], first["job"], first["model"]) == ("r1", "cls_1", "4")
    assert "pack" not in first
    assert not {"request_id", "job", "model"} & set(second), "what is over is not said any more"


def test_a_fault_is_one_line_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json")
    try:
        raise ValueError("a\nb")  # noqa: TRY301 - something has to fail
    except ValueError:
        logging.getLogger("x").exception("failed")
    [line] = capsys.readouterr().err.splitlines()
    assert "ValueError: a\nb" in json.loads(line)["exception"]


def test_people_get_lines_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    with log_context(job="cls_1"):
        logging.getLogger("meadow").info("hello")
    assert capsys.readouterr().err.endswith(" INFO meadow: hello\n")


def test_a_context_ends_with_its_block_also_when_it_fails() -> None:
    with pytest.raises(ValueError, match="x"), log_context(job="a"):
        raise ValueError("x")
    assert dict(current_log_context()) == {}


def test_a_context_costs_microseconds() -> None:
    def bind() -> None:
        with log_context(job="cls_1", request_id="r1", model="4"):
            pass

    assert min(timeit.repeat(bind, number=2000, repeat=3)) / 2000 < 50e-6
