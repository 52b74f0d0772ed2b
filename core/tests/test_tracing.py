import sys
import timeit
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from meadow_core.settings import Settings
from meadow_core.tracing import (
    TRACEPARENT,
    TracingUnavailableError,
    carried,
    configure_tracing,
    end_tracing,
    is_tracing,
    past_span,
    span,
)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    configure_tracing(Settings(), "test", exporter)
    yield exporter
    end_tracing()


def test_a_trace_goes_on_where_its_context_is_carried_to(spans: InMemorySpanExporter) -> None:
    with span("POST", {}, {"meadow.job": "cls_1"}):
        record = carried()
    past_span("wait", record, began=10.0, ended=10.5)
    with span("classify", record):
        pass
    wait, request, classify = sorted(spans.get_finished_spans(), key=lambda one: one.start_time or 0)
    assert request.context
    assert request.attributes
    assert wait.parent == classify.parent
    assert wait.parent
    assert wait.parent.span_id == request.context.span_id
    assert {one.context.trace_id for one in (wait, classify) if one.context} == {request.context.trace_id}
    assert (wait.end_time or 0) - (wait.start_time or 0) == 500_000_000
    assert request.attributes["meadow.job"] == "cls_1"


def test_without_a_context_a_trace_begins(spans: InMemorySpanExporter) -> None:
    with span("one", {}), span("two", {}):
        pass
    assert [one.parent for one in spans.get_finished_spans()] == [None, None]
    assert carried() == {}


def test_off_means_nothing_is_carried_and_nothing_costs() -> None:
    configure_tracing(Settings(), "test")
    assert not is_tracing()
    with span("x", {TRACEPARENT: "00-1-2-01"}):
        assert carried() == {}

    def once() -> None:
        with span("x"):
            carried()

    assert min(timeit.repeat(once, number=2000, repeat=3)) / 2000 < 20e-6


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(TracingUnavailableError, match="extra `traces`"):
        configure_tracing(Settings(traces_endpoint="http://127.0.0.1:9/v1/traces"), "test")
