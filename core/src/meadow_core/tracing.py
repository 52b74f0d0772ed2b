"""Traces over HTTP, queue and worker, for OpenTelemetry; nothing is imported, and nothing costs, unless they are on.

Where a span ends and another service goes on, the context travels in the job's record, not in the message: an image
that is taken along with another's message, a pack, and work that is sent again all find it there.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from meadow.errors import MeadowError
from meadow_core.settings.telemetry import TelemetrySettings

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

TRACEPARENT = "traceparent"
"""Field of a job's record, and header of a request (W3C Trace Context)."""
NANOSECONDS = 1_000_000_000

Attributes = Mapping[str, str | int | float]

# One a process, as logging is.
_provider: "TracerProvider | None" = None


class TracingUnavailableError(MeadowError):
    """Traces are wanted, but what sends them is not installed."""


def configure_tracing(settings: TelemetrySettings, service: str, exporter: "SpanExporter | None" = None) -> None:
    """Turn traces on if the settings say where they go; once a process, after a fork.

    Args:
        settings: Name the endpoint.
        service: Whose spans these are.
        exporter: Takes the spans at once instead of an endpoint; for tests.

    Raises:
        TracingUnavailableError: The extra `traces` is not installed.
    """
    global _provider  # noqa: PLW0603 - see above
    if exporter is None and not settings.traces_endpoint:
        return
    try:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415

        sampler = ParentBased(TraceIdRatioBased(settings.traces_share))
        provider = TracerProvider(sampler=sampler, resource=Resource.create({"service.name": service}))
        if exporter is not None:
            provider.add_span_processor(SimpleSpanProcessor(exporter))
        else:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

            provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.traces_endpoint)))
    except ImportError as error:
        raise TracingUnavailableError(
            f"MEADOW_TRACES_ENDPOINT is set, but {error.name} is not installed: install the extra `traces` of `meadow`."
        ) from error
    _provider = provider


def end_tracing() -> None:
    """Send what is left, and turn traces off."""
    global _provider  # noqa: PLW0603
    if _provider is not None:
        _provider.shutdown()
        _provider = None


def is_tracing() -> bool:
    """Whether traces are on."""
    return _provider is not None


def span(
    name: str, carrier: Mapping[str, str] | None = None, attributes: Attributes | None = None
) -> AbstractContextManager[object]:
    """Time a block.

    Args:
        name: What it does.
        carrier: A record or headers that may hold the context it goes back to; None for what is going on here.
        attributes: What people search for.
    """
    if _provider is None:
        return nullcontext()
    return _span(_provider, name, carrier, attributes or {})


def past_span(name: str, carrier: Mapping[str, str], *, began: float, ended: float) -> None:
    """Tell of something that is over already, by Unix times in seconds."""
    if _provider is None:
        return
    tracer = _provider.get_tracer(__name__)
    told = tracer.start_span(name, context=_extracted(carrier), start_time=int(began * NANOSECONDS))
    told.end(int(max(ended, began) * NANOSECONDS))


def carried() -> dict[str, str]:
    """Return what another service needs to go on with the current trace; nothing when there is none."""
    if _provider is None:
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return {TRACEPARENT: carrier[TRACEPARENT]} if TRACEPARENT in carrier else {}


@contextmanager
def _span(
    provider: "TracerProvider",
    name: str,
    carrier: Mapping[str, str] | None,
    attributes: Attributes,
) -> Iterator[object]:
    context = None if carrier is None else _extracted(carrier)
    tracer = provider.get_tracer(__name__)
    with tracer.start_as_current_span(name, context=context, attributes=dict(attributes)) as current:
        yield current


def _extracted(carrier: Mapping[str, str]) -> "Context":
    from opentelemetry.context import Context  # noqa: PLC0415
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    given = {TRACEPARENT: carrier[TRACEPARENT]} if TRACEPARENT in carrier else {}
    return TraceContextTextMapPropagator().extract(given, context=Context())
